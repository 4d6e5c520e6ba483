// An engine and a directory of its own, and what is done alike with all of them.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "engine.hpp"
#include "workload.hpp"

namespace zccache::bench {

struct Subject {
  const Engine* engine = nullptr;
  std::filesystem::path directory;
  std::unique_ptr<Service> service;

  [[nodiscard]] std::unique_ptr<Session> attach(Access access) const { return engine->attach(directory, access); }
};
using Subjects = std::vector<Subject>;

/// Empties the directory and begins anew.
void start_afresh(Subject& subject, std::size_t expected_entries);

/// Fills an empty store with the workload, flushes, and checks what is in it.
void fill(const Subject& subject, const Workload& workload);

/// Throws unless the entries are there, whole: all of up to 100,000, a sample of more; and nothing else is found.
void check_filled(Session& session, const Workload& workload);

/// Throws unless `right` of `asked` answers were right.
void require_right(std::size_t right, std::size_t asked);

/// A session and a reader of each style.
struct Attached {
  explicit Attached(const Subject& of);

  const Subject* subject;
  std::unique_ptr<Session> session;
  std::vector<std::unique_ptr<Reader>> readers;  ///< parallel to Engine::reader_styles()
};

}  // namespace zccache::bench
