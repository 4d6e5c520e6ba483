// From events to facts: what counts, what is an output, and what makes a run no function of its files.
#include "zccache-cc/facts/observed_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/read_content.hpp"

using namespace zccache;
using namespace zccache::cc;
using observe::Call;
using observe::Event;

namespace {

namespace fs = std::filesystem;

/// A run of a compiler in a directory of its own, event by event.
struct FakeRun {
  test::TempDir temp;
  test::TempDir store_directory;
  ArtifactStore store = ArtifactStore::open(store_directory.cache(), test::manual_flush()).value();
  std::string here = fs::canonical(temp.path());
  observe::Observation observation;
  Knowledge knowledge{store};
  std::int64_t start = 0;
  bool goes_on_from_outputs = false;

  FakeRun() { observation.how = observe::Mode::notify; }

  void file(const std::string& name, const std::string& bytes = "x") const { test::write_file(here + "/" + name, bytes); }
  Event& ask(Call call, const std::string& name, int error = 0) {
    Event event;
    event.call = call;
    event.error = error;
    event.spelled = name;
    event.path = name[0] == '/' ? name : here + "/" + name;
    struct stat status {};
    if (error == 0 && ::stat(event.path.c_str(), &status) == 0) {
      const FileStamp stamp = stamp_of(status);
      event.status = {.device = stamp.device,
                      .inode = stamp.inode,
                      .size = stamp.size,
                      .modified_ns = stamp.modified_ns,
                      .changed_ns = stamp.changed_ns,
                      .mode = status.st_mode,
                      .user = status.st_uid,
                      .group = status.st_gid,
                      .links = status.st_nlink};
    }
    observation.events.push_back(event);
    return observation.events.back();
  }
  void write(const std::string& name, const std::string& bytes = "made") {
    Event& event = ask(Call::open_write, name);
    event.existed = fs::exists(here + "/" + name);
    event.flags = O_WRONLY | O_CREAT | O_TRUNC;
    file(name, bytes);
  }
  /// As if the run began now: what was touched before is settled.
  void begin() {
    const std::int64_t now = file_clock_now();
    while (file_clock_now() <= now + 8'000'000) {
    }
    start = file_clock_now();
  }
  /// As the launcher does before a program that may write what it reads.
  void read_before(const std::string& name) {
    struct stat status {};
    REQUIRE(::stat((here + "/" + name).c_str(), &status) == 0);
    REQUIRE(read_content(knowledge, (here + "/" + name).c_str(), status, start).has_value());
  }
  Expected<ObservedFacts> facts() {
    ObservedRun run;
    run.directory = here;
    run.start_ns = start;
    run.goes_on_from_outputs = goes_on_from_outputs;
    return facts_of(observation, run, knowledge);
  }
  std::string refusal() {
    const auto found = facts();
    return found ? "" : found.error().why;
  }
};

const Fact* find(const ObservedFacts& facts, const std::string& path, FactKind kind) {
  for (const Fact& fact : facts.facts) {
    if (fact.path == path && fact.kind == kind) return &fact;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a_file_that_was_read_is_a_fact_by_its_content") {
  FakeRun run;
  run.file("a.c", "int a;");
  run.begin();
  run.ask(Call::open_read, "a.c");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  const Fact* fact = find(*facts, "a.c", FactKind::content);
  REQUIRE(fact != nullptr);
  CHECK(fact->content == digest_of("int a;"));
}

TEST_CASE("a_path_from_the_root_stays_one") {
  FakeRun run;
  run.file("a.c");
  run.begin();
  run.ask(Call::open_read, run.here + "/a.c");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(find(*facts, run.here + "/a.c", FactKind::content) != nullptr);
}

TEST_CASE("a_file_that_changed_since_the_start_makes_the_run_uncertain") {
  FakeRun run;
  run.begin();
  run.file("a.c");
  run.ask(Call::open_read, "a.c");
  CHECK(run.refusal().find("changed while it was compiled") != std::string::npos);
}

TEST_CASE("a_file_that_changes_after_it_was_read_makes_the_run_uncertain") {
  FakeRun run;
  run.file("a.c");
  run.begin();
  run.ask(Call::open_read, "a.c");
  run.file("a.c", "other");
  CHECK(run.refusal().find("changed while it was compiled") != std::string::npos);
}

TEST_CASE("absent_names_in_a_quiet_directory_are_proven_by_its_stamp") {
  FakeRun run;
  fs::create_directory(run.here + "/inc");
  run.begin();
  run.ask(Call::open_read, "inc/x.h", ENOENT);
  run.ask(Call::status, "inc/deep/y.h", ENOENT);
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  REQUIRE(facts->absent.size() == 1);
  CHECK(facts->absent[0].directory == "inc");
  CHECK(facts->absent[0].names == std::vector<std::string>{"deep", "x.h"});
}

TEST_CASE("absent_names_where_outputs_lie_are_asked_for_one_by_one") {
  FakeRun run;
  fs::create_directory(run.here + "/inc");
  run.begin();
  run.ask(Call::open_read, "x.h", ENOENT);
  run.ask(Call::open_read, "inc/y.h", ENOENT);
  run.write("inc/a.o");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(facts->absent.empty());
  CHECK(find(*facts, "x.h", FactKind::absent) != nullptr);
  CHECK(find(*facts, "inc/y.h", FactKind::absent) != nullptr);
}

TEST_CASE("a_name_that_appears_during_the_run_makes_it_uncertain") {
  FakeRun run;
  run.begin();
  run.ask(Call::open_read, "x.h", ENOENT);
  run.file("x.h");
  CHECK(run.refusal().find("changed while it was compiled") != std::string::npos);
}

TEST_CASE("what_the_run_made_is_an_output_and_no_fact") {
  FakeRun run;
  run.file("a.c");
  run.begin();
  run.ask(Call::status, "a.o", ENOENT);
  run.ask(Call::open_read, "a.c");
  run.write("a.o");
  run.ask(Call::open_read, "a.o");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  REQUIRE(facts->outputs.size() == 1);
  CHECK(facts->outputs[0].path == run.here + "/a.o");
  CHECK(facts->facts.size() == 1);
}

TEST_CASE("what_is_read_and_then_written_counts_by_what_it_was_before") {
  FakeRun run;
  run.file("lib.a", "old");
  run.begin();
  run.read_before("lib.a");
  run.ask(Call::open_read, "lib.a");
  run.write("lib.a", "new");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(facts->outputs.size() == 1);
  const Fact* before = find(*facts, "lib.a", FactKind::content);
  REQUIRE(before != nullptr);
  CHECK(before->content == digest_of("old"));
}

TEST_CASE("what_is_read_and_written_by_somebody_else_before_it_is_written_is_uncertain") {
  FakeRun run;
  run.file("lib.a", "old");
  run.begin();
  run.read_before("lib.a");
  run.ask(Call::open_read, "lib.a");
  run.file("lib.a", "another's");
  run.write("lib.a", "new");
  CHECK(run.refusal().find("changed while it was compiled") != std::string::npos);
}

TEST_CASE("that_an_output_was_not_there_is_a_fact_of_a_program_that_would_go_on_from_it") {
  for (const bool goes_on : {false, true}) {
    FakeRun run;
    run.goes_on_from_outputs = goes_on;
    run.begin();
    run.ask(Call::status, "lib.a", ENOENT);
    run.write("lib.a");
    const auto facts = run.facts();
    REQUIRE(facts.has_value());
    CHECK((find(*facts, "lib.a", FactKind::absent) != nullptr) == goes_on);
  }
}

TEST_CASE("lld_opens_the_file_that_it_replaces_and_reads_nothing_of_it") {
  for (const char* linker : {"ld.lld", "ld.gold"}) {
    FakeRun run;
    run.file(linker, "\177ELF");
    run.file("a.o", "input");
    run.file("program", "old");
    run.begin();
    run.ask(Call::execute, linker);
    run.ask(Call::open_read, "a.o");
    run.ask(Call::status, "program");
    run.ask(Call::open_read, "program");
    run.ask(Call::remove, "program");
    fs::remove(run.here + "/program");
    run.write("program");
    CHECK(run.refusal() == (linker == std::string("ld.lld") ? "" : "it reads " + run.here + "/program, and then writes it"));
  }
}

TEST_CASE("lld_may_link_a_file_into_itself") {
  FakeRun run;
  run.file("ld.lld", "\177ELF");
  run.file("a.o", "input");
  run.begin();
  run.ask(Call::execute, "ld.lld");
  run.ask(Call::open_read, "a.o");
  run.ask(Call::status, "a.o");
  run.ask(Call::remove, "a.o");
  fs::remove(run.here + "/a.o");
  run.write("a.o");
  CHECK(run.refusal() == "it reads " + run.here + "/a.o, and then writes it");
}

TEST_CASE("a_rename_that_finds_its_target_made_by_the_run_changes_nothing") {
  FakeRun run;
  run.begin();
  run.write("a.o");
  run.write("a.tmp");
  run.ask(Call::rename, "a.tmp", EEXIST).target = run.here + "/a.o";
  run.ask(Call::rename, "a.tmp").target = run.here + "/a.o";
  fs::rename(run.here + "/a.tmp", run.here + "/a.o");
  CHECK(run.refusal().empty());
}

TEST_CASE("what_the_run_made_and_removed_is_nothing") {
  FakeRun run;
  run.begin();
  run.write("t.s");
  run.ask(Call::open_read, "t.s");
  run.ask(Call::remove, "t.s").existed = true;
  fs::remove(run.here + "/t.s");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(facts->outputs.empty());
  CHECK(facts->facts.empty());
}

TEST_CASE("a_file_that_is_renamed_to_its_place_is_an_output_there") {
  FakeRun run;
  run.begin();
  run.write("a.tmp");
  run.ask(Call::rename, "a.tmp").target = run.here + "/a.o";
  fs::rename(run.here + "/a.tmp", run.here + "/a.o");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  REQUIRE(facts->outputs.size() == 1);
  CHECK(facts->outputs[0].path == run.here + "/a.o");
}

TEST_CASE("an_old_output_may_be_removed_and_made_anew_but_not_just_removed") {
  for (const bool anew : {true, false}) {
    FakeRun run;
    run.file("a.o", "old");
    run.begin();
    run.ask(Call::remove, "a.o");
    fs::remove(run.here + "/a.o");
    if (anew) run.write("a.o");
    CHECK(run.refusal() == (anew ? "" : "it removes " + run.here + "/a.o"));
  }
}

TEST_CASE("what_is_more_than_files_from_files_is_not_stored") {
  const auto refused = [](auto act) {
    FakeRun run;
    run.file("other", "x");
    run.begin();
    act(run);
    return run.refusal();
  };
  CHECK(refused([](FakeRun& run) {
          Event& event = run.ask(Call::open_write, "other");
          event.existed = true;
          event.flags = O_RDWR;
        }).find("in place") != std::string::npos);
  CHECK(refused([](FakeRun& run) {
          run.ask(Call::remove, "other");
          fs::remove(run.here + "/other");
        }).find("it removes") == 0);
  CHECK(refused([](FakeRun& run) { run.ask(Call::rename, "other").target = run.here + "/o"; }).find("it renames") == 0);
  CHECK(refused([](FakeRun& run) {
          run.ask(Call::make, "directory");
          fs::create_directory(run.here + "/directory");
        }).find("it makes") == 0);
  CHECK(refused([](FakeRun& run) { run.ask(Call::make, "link").target = run.here + "/other"; }).find("it makes") == 0);
  CHECK(refused([](FakeRun& run) {
          run.ask(Call::open_read, "other");
          run.write("other");
        }).find("it reads") == 0);
  CHECK(refused([](FakeRun& run) { run.ask(Call::change, "other"); }).find("it changes") == 0);
  CHECK(refused([](FakeRun& run) { run.ask(Call::open_read, "/proc/uptime"); }) == "it uses /proc/uptime");
  CHECK(refused([](FakeRun& run) { run.observation.unstorable = {"connects to a socket"}; }) == "connects to a socket");
  CHECK(refused([](FakeRun& run) { run.observation.clock_zone_opened = true; }) == "it depends on the clock");
  CHECK(refused([](FakeRun& run) { run.observation.how = observe::Mode::off; }) == "the kernel lets nobody observe it");
  CHECK(refused([](FakeRun& run) { run.ask(Call::open_read, "/dev/urandom"); }).empty());
}

TEST_CASE("a_directory_for_temporary_files_leaves_nothing_to_store") {
  FakeRun run;
  run.begin();
  run.ask(Call::make, "temporary");
  run.write("a.o");
  run.ask(Call::remove, "temporary");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(facts->outputs.size() == 1);
}

TEST_CASE("a_file_that_would_be_added_to_is_an_output_only_where_there_is_none") {
  FakeRun run;
  run.begin();
  Event& event = run.ask(Call::open_write, "log");
  event.flags = O_WRONLY | O_CREAT | O_APPEND;
  event.created = true;
  run.file("log", "line");
  const auto facts = run.facts();
  REQUIRE(facts.has_value());
  CHECK(facts->outputs.size() == 1);
  CHECK(find(*facts, "log", FactKind::absent) != nullptr);
}

TEST_CASE("a_script_is_not_stored_unless_the_user_names_it") {
  FakeRun run;
  run.file("script", "#!/bin/sh\n");
  run.begin();
  run.ask(Call::execute, "script");
  CHECK(run.refusal() == run.here + "/script is a script");
}
