// The command line of a compiler: arguments end with a zero byte. And a response file.
#include <zccache-cc/arguments.hpp>
#include <zccache-cc/response_files.hpp>

#include <algorithm>
#include <string>

#include "fuzz.hpp"

using namespace zccache;

namespace {

/// Each argument in memory of its own, so that a byte read beyond it is noticed.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    arguments.emplace_back(text.substr(at, end - at)).shrink_to_fit();
    at = end + 1;
  }
  return arguments;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto words = cc::words_of_response_file(text)) {
    for (const std::string& word : *words) EXPECT(!word.empty() && word.size() <= size);
  }
  const auto arguments = arguments_of(text);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  const auto command = cc::parse_arguments(pointers);
  if (!command) {
    EXPECT(!command.error().why.empty());
    return 0;
  }
  const auto is_argument = [&](const char* text) { return std::ranges::find(pointers, text) != pointers.end(); };
  const auto in_argument = [&](std::string_view part) {
    return std::ranges::any_of(arguments, [&](const std::string& argument) {
      return part.data() >= argument.data() && part.data() + part.size() <= argument.data() + argument.size();
    });
  };
  EXPECT(is_argument(command->source) && command->source[0] != '-' && command->source[0] != '@');
  EXPECT(std::ranges::all_of(command->preprocessor_arguments, is_argument));
  EXPECT(std::ranges::all_of(command->key_arguments, in_argument));
  EXPECT(std::ranges::all_of(command->forced_includes, in_argument));
  EXPECT(!command->outputs.empty() && command->outputs.front().path == command->object && !command->object.empty());
  // What decides the object is in the key or in the text: an option is not dropped on the way.
  EXPECT(std::ranges::count(arguments, "-c") >= 1);
  return 0;
}
