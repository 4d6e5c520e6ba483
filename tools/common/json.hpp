// Machine-readable output. Members appear in the order in which they are set; their names are stable.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>

namespace zccache::tools {

using Json = nlohmann::ordered_json;

/// Prints one document and a newline. Bytes that are not UTF-8 appear as U+FFFD.
void print_json(const Json& document, std::FILE* to = stdout);

/// The same on one line, without the newline: an element of an array that is printed as it is found.
void print_json_element(const Json& element);

}  // namespace zccache::tools
