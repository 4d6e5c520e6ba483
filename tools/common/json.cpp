#include "common/json.hpp"

#include <fmt/core.h>

namespace zccache::tools {
namespace {

constexpr int kIndent = 2;
constexpr int kOneLine = -1;

void print(const Json& value, int indent, std::FILE* to) {
  fmt::print(to, "{}", value.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void print_json(const Json& document, std::FILE* to) {
  print(document, kIndent, to);
  fmt::print(to, "\n");
}

void print_json_element(const Json& element) { print(element, kOneLine, stdout); }

}  // namespace zccache::tools
