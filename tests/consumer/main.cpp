// Puts an entry into a cache directory and finds it again.
#include <zccache/artifact_store.hpp>

#include <iostream>

int main() {
  auto store = zccache::ArtifactStore::open("example-cache");
  if (!store) {
    std::cerr << store.error().message() << '\n';
    return 3;
  }

  const auto stored = store->insert("8f3a0c", zccache::Artifact::from_outputs({"foo.o"}, {1234}));
  if (!stored) {
    std::cerr << stored.error().message() << '\n';
    return 3;
  }

  const auto hit = store->find("8f3a0c");  // no lock, no copy; absent is false
  if (!hit) return 1;
  std::cout << hit.output_name(0) << ", " << hit.output_size(0) << " bytes\n";
}
