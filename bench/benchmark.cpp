#include "benchmark.hpp"

namespace zccache::bench {

Subjects Context::subjects(const std::function<bool(const Abilities&)>& wanted) const {
  Subjects all;
  for (const auto& engine : engines) {
    const Abilities abilities = engine->abilities();
    if (entries > abilities.max_entries || !wanted(abilities)) continue;
    Subject& subject = all.emplace_back(Subject{engine.get(), directory / engine->name(), nullptr});
    start_afresh(subject, entries);
  }
  return all;
}

Subjects Context::filled_subjects(const std::function<bool(const Abilities&)>& wanted) const {
  Subjects all = subjects(wanted);
  for (const Subject& subject : all) {
    progress.show("filling " + subject.engine->name());
    fill(subject, workload());
  }
  return all;
}

}  // namespace zccache::bench
