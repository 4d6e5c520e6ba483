#include "live/reinstate.hpp"

namespace zccache {
namespace {

void reopen(format::Word& counter) noexcept {
  // Relaxed: a number for itself; others add to it meanwhile, so it cannot simply be stored.
  counter.fetch_and(~format::kDrained, std::memory_order_relaxed);
}

}  // namespace

void reinstate(format::LiveHeader& header) noexcept {
  for (format::Word* counter : {&header.shared.hits, &header.shared.misses, &header.shared.evictions}) reopen(*counter);
  for (format::Word& counter : header.shared.host) reopen(counter);
  // Last: a kill before this leaves a retired generation, which the next one to find it reinstates. Release: who sees it current (acquire, in
  // LiveIndex::retired()) finds no counter closed.
  header.retired.store(0, std::memory_order_release);
}

}  // namespace zccache
