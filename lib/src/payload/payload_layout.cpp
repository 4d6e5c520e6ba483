// The layout by its name.
#include <zccache/payload_store.hpp>

#include <cstdlib>

namespace zccache {

std::optional<PayloadLayout> parse_payload_layout(std::string_view text) {
  if (text == "flat") return PayloadLayout::flat;
  if (text == "pack") return PayloadLayout::pack;
  if (text == "auto") return PayloadLayout::automatic;
  return std::nullopt;
}

PayloadLayout payload_layout_from_environment() {
  const char* text = std::getenv("ZCCACHE_LAYOUT");
  return parse_payload_layout(text == nullptr ? "" : text).value_or(PayloadLayout::automatic);
}

PayloadStore PayloadStore::from_environment(ArtifactStore& store) {
  return PayloadStore(store, payload_layout_from_environment(), compression_from_environment());
}

}  // namespace zccache
