// A source's own text: which headers it names. And what a compiler prints of where it looks for them.
#include <zccache-cc/directives.hpp>
#include <zccache-cc/macro_questions.hpp>
#include <zccache-cc/search_path.hpp>

#include "fuzz.hpp"

using namespace zccache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Without a zero behind it: a byte read beyond the text is noticed.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  cc::Directives found;
  cc::scan_directives(text, found);
  cc::scan_command_macro(text, found);
  for (const cc::HeaderName& header : found.headers) EXPECT(header.name.size() <= text.size());
  (void)cc::macro_questions({{"fuzz.c", found}}, cc::parse_macros(text));
  if (const auto path = cc::parse_search_path(text)) {
    for (const std::string& directory : path->directories) EXPECT(directory.size() <= text.size());
  }
  return 0;
}
