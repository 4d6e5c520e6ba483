#include "common/json.hpp"

#include <fmt/core.h>

namespace zccache::tools {
namespace {

constexpr int kIndent = 2;
constexpr int kOneLine = -1;

void print(const Json& value, int indent) { fmt::print("{}", value.dump(indent, ' ', false, Json::error_handler_t::replace)); }

}  // namespace

void print_json(const Json& document) {
  print(document, kIndent);
  fmt::print("\n");
}

void print_json_element(const Json& element) { print(element, kOneLine); }

}  // namespace zccache::tools
