#include "situation.hpp"

#include <cstdlib>

namespace zccache::index_tool {

Situation::Situation(const PastedCommand& command) : before_(std::filesystem::current_path()) {
  if (!command.directory.empty()) {
    std::filesystem::current_path(command.directory);
    set("PWD", std::filesystem::absolute(before_ / command.directory).lexically_normal());  // as `cd` in a shell
  }
  for (const auto& [name, value] : command.variables) set(name, value);
}

Situation::~Situation() {
  for (auto old = old_.rbegin(); old != old_.rend(); ++old) {
    old->second ? ::setenv(old->first.c_str(), old->second->c_str(), 1) : ::unsetenv(old->first.c_str());
  }
  std::error_code gone;
  std::filesystem::current_path(before_, gone);
}

void Situation::set(const std::string& name, const std::string& value) {
  const char* old = std::getenv(name.c_str());
  old_.emplace_back(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
  ::setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace zccache::index_tool
