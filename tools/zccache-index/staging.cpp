#include "staging.hpp"

namespace zccache::index_tool {

ArtifactStore Staging::open() const {
  OpenOptions options;
  options.flusher = Flusher::caller;
  options.allow_any_filesystem = true;  // the cache around it was accepted
  // A directory of its own: the one around it is locked for as long as this process lives.
  return ArtifactStore::open(work_.path() / "cache", options).value();
}

}  // namespace zccache::index_tool
