#include "tidy/include_edges.hpp"

#include <algorithm>

namespace rollcall::tidy {
namespace {

bool contains(const std::vector<std::string_view>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string join(const std::vector<std::string_view>& list) {
  std::string out;
  for (const std::string_view item : list) out += (out.empty() ? "" : ", ") + std::string(item);
  return out;
}

struct Foreign {
  std::string_view prefix;
  std::vector<std::string_view> folders;
  std::string_view instead;
};

/// Third-party headers that are kept in few folders, so that they cost compile time only there.
const std::vector<Foreign>& foreign_headers() {
  static const std::vector<Foreign> table = {
      {"boost/asio", {"net"}, "net's interfaces (net/tcp_server.hpp, net/core_loop.hpp)"},
      {"boost/beast", {"net"}, "base/http.hpp"},
      {"boost/json", {"base", "model", "alink", "api"}, "base/json.hpp"},
      {"sqlite3.h", {"store"}, "store/store.hpp"},
      {"libpq-fe.h", {"store"}, "store/store.hpp"},
      {"openssl/", {"base", "net"}, "base/crypto.hpp"},
      {"spdlog/", {"base"}, "base/log.hpp"},
      {"CLI/", {"server"}, "plain parameters"},
      {"toml++/", {"server"}, "plain parameters"},
  };
  return table;
}

}  // namespace

const std::vector<Folder>& folders() {
  static const std::vector<Folder> table = {
      {"base", {}},
      {"model", {"base"}},
      {"store", {"base", "model"}},
      {"engine", {"base", "model", "store"}},
      {"mqtt", {"base"}},
      {"alink", {"base", "model"}},
      {"gateway", {"base", "model", "engine", "mqtt", "alink"}},
      {"api", {"base", "model", "engine"}},
      {"files", {"base", "model"}},
      {"net", {"base"}},
      {"client", {"base", "model", "mqtt", "alink", "net"}},
      {"server",
       {"base", "model", "store", "engine", "mqtt", "alink", "gateway", "api", "files", "net", "client"}},
  };
  return table;
}

const Folder* find_folder(std::string_view name) {
  const auto found = std::find_if(folders().begin(), folders().end(),
                                  [name](const Folder& folder) { return folder.name == name; });
  return found == folders().end() ? nullptr : &*found;
}

std::string refuse_own_include(const Folder& folder, std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || path.starts_with(".")) {
    return "include \"" + std::string(path) + "\" without its folder, use the path from src/";
  }
  const std::string_view target = path.substr(0, slash);
  if (find_folder(target) == nullptr) {
    return "include of \"" + std::string(path) + "\", which is no folder of src/, use <> for a library";
  }
  if (path.starts_with("store/sqlite/") && folder.name != "store" && folder.name != "server") {
    return "include of a store's inside from " + std::string(folder.name) + "/, use store/store.hpp";
  }
  if (target == folder.name || contains(folder.may_include, target)) return {};
  return "include of " + std::string(target) + "/ from " + std::string(folder.name) +
         "/, use only: " + (folder.may_include.empty() ? "nothing" : join(folder.may_include));
}

std::string refuse_foreign_include(const Folder& folder, std::string_view path) {
  for (const Foreign& foreign : foreign_headers()) {
    if (!path.starts_with(foreign.prefix) || contains(foreign.folders, folder.name)) continue;
    return "include of <" + std::string(path) + "> outside " + join(foreign.folders) + ", use " +
           std::string(foreign.instead);
  }
  return {};
}

}  // namespace rollcall::tidy
