// The one compilation of Beast's own code.
#include <boost/beast/src.hpp>
