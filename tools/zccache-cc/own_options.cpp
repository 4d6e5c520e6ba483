#include "zccache-cc/own_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "common/outcome.hpp"

namespace zccache::cc {
namespace {

struct OwnOption {
  std::string_view short_name;  ///< may be empty
  std::string_view long_name;
  std::array<const char*, 2> command;  ///< of zccache-index; null: only named, since it takes more than the option says, or asks to be sure
  const char* text;                    ///< what it does, or which command does
};

constexpr std::array kOptions = {
    OwnOption{"-s", "--show-stats", {"stats", nullptr}, "Run zccache-index stats"},
    OwnOption{"-z", "--zero-stats", {"stats", "--zero"}, "Run zccache-index stats --zero"},
    OwnOption{"-c", "--cleanup", {"gc", nullptr}, "Run zccache-index gc"},
    OwnOption{"-p", "--show-config", {"config", nullptr}, "Run zccache-index config"},
    OwnOption{"-C", "--clear", {}, "zccache-index clear --yes"},
    OwnOption{"-M", "--max-size", {}, "zccache-index config max_size=SIZE"},
    OwnOption{"-o", "--set-config", {}, "zccache-index config KEY=VALUE"},
    OwnOption{"", "--start-server", {}, "nothing: there is no server to start"},
    OwnOption{"", "--stop-server", {}, "nothing: there is no server to stop"},
};

/// The one that was installed with this program; else whichever PATH has.
std::string path_of_index_tool() {
  std::array<char, PATH_MAX> self{};
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  const std::string beside = std::string(self.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::string path = beside.substr(0, beside.rfind('/') + 1) + "zccache-index";
  return ::access(path.c_str(), X_OK) == 0 ? path : "zccache-index";
}

int become_index_tool(const OwnOption& option) {
  const std::string path = path_of_index_tool();
  ::execlp(path.c_str(), "zccache-index", option.command[0], option.command[1], nullptr);
  std::fprintf(stderr, "zccache-cc: cannot run zccache-index: %s\n", std::strerror(errno));
  return tools::kCouldNot;
}

}  // namespace

std::string help_on_options() {
  std::string text = "  -h,--help             Print this help and exit\n  -V,--version          Print the version and exit\n";
  for (const OwnOption& one : kOptions) {
    if (one.command[0] == nullptr) continue;
    const std::string names = std::string(one.short_name) + "," + std::string(one.long_name);
    text += "  " + names + std::string(22 - names.size(), ' ') + one.text + "\n";
  }
  return text;
}

int run_own_option(const char* given) {
  std::string_view name = given;
  name = name.substr(0, name.find('='));  // --max-size=5G
  const auto* option = std::ranges::find_if(kOptions, [&](const OwnOption& one) { return name == one.short_name || name == one.long_name; });
  if (option == kOptions.end()) {
    std::fprintf(stderr, "zccache-cc: '%s' is neither a compiler nor an option; a compiler comes first, as in: zccache-cc gcc -c a.c\n", given);
    return tools::kUsage;
  }
  if (option->command[0] != nullptr) return become_index_tool(*option);
  std::fprintf(stderr, "zccache-cc: in place of %s: %s\n", given, option->text);
  return tools::kUsage;
}

}  // namespace zccache::cc
