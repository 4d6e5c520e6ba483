// A thread that takes errands from a desk to a server, over a connection of its own.
#pragma once

#include <zccache/artifact_store.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "remote/breaker.hpp"
#include "zccache-remote/desk.hpp"
#include "zccache-remote/transfer.hpp"

namespace zccache::remote {

/// Ends with its desk. All that it is given must outlive it.
class Worker {
 public:
  Worker(Desk& desk, ArtifactStore& store, std::unique_ptr<Backend> backend, const Authority& authority, std::string breaker_file);

 private:
  void work();
  void upload(const Errand& errand);
  void fetch(const std::vector<Errand>& errands);
  [[nodiscard]] Reply take(const Errand& errand, Reply got);
  void settle(const Errand& errand, const Reply& reply);

  Desk& desk_;
  ArtifactStore& store_;
  const std::unique_ptr<Backend> backend_;
  Transfer transfer_;
  Breaker breaker_;
  std::jthread thread_;
};

}  // namespace zccache::remote
