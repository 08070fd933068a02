// Overload{lambdas...}: a visitor for std::visit made of one lambda per alternative. Thread: any.
#pragma once

namespace rollcall {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace rollcall
