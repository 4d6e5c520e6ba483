// A manifest of the launcher's: bytes from the index, whose numbers lead into one another.
#include <zccache-cc/manifest.hpp>

#include "fuzz.hpp"

using namespace zccache;

namespace {

void read(std::string_view bytes) {
  const auto manifest = cc::ManifestView::open(bytes);
  if (!manifest) return;
  std::vector<cc::Recipe> recipes;
  for (std::size_t i = 0; i < manifest->recipe_count(); ++i) {
    for (const std::uint32_t file : manifest->files_of(i)) EXPECT(file < manifest->file_count());
    for (const std::uint32_t folder : manifest->folders_of(i)) EXPECT(folder < manifest->folder_count());
    recipes.push_back(manifest->recipe(i));
  }
  const std::string again = cc::encode_manifest(recipes);
  const auto same = cc::ManifestView::open(again);
  EXPECT(same && same->recipe_count() == recipes.size());
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const cc::Recipe recipe = same->recipe(i);
    EXPECT(recipe.result == recipes[i].result && recipe.files.size() == recipes[i].files.size());
    EXPECT(recipe.folders.size() == recipes[i].folders.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Aligned copy(std::as_bytes(std::span(data, size)));
  read(copy.text());
  return 0;
}
