// Each kind of question, asked in each way and watched in each: the observer sees it, with the answer.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "observe/observer.hpp"
#include "support.hpp"

using namespace zccache::observe;
namespace fs = std::filesystem;

namespace {

// The ways in which a program can ask, and be watched.
struct Way {
  Mode mode;
  const char* asker;
  const char* by;
};
const std::vector<Way> kWays = {
    {Mode::notify, ZCCACHE_ASKER, "libc"}, {Mode::notify, ZCCACHE_ASKER, "raw"}, {Mode::notify, ZCCACHE_STATIC_ASKER, "libc"},
    {Mode::ptrace, ZCCACHE_ASKER, "libc"}, {Mode::ptrace, ZCCACHE_ASKER, "raw"}, {Mode::ptrace, ZCCACHE_STATIC_ASKER, "libc"},
};

Observation observe_command(Mode mode, std::vector<std::string> command, bool inherit_stdin = false, char* const* envp = environ) {
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Run what{.path = argv[0], .argv = argv.data(), .envp = envp};
  what.mode = mode;
  what.inherit_stdin = inherit_stdin;
  auto seen = run(what);
  REQUIRE(seen.has_value());
  return *std::move(seen);
}

Observation ask(const Way& way, const std::string& question, const std::string& path = "", const std::string& other = "") {
  INFO(way.asker << ' ' << way.by << ' ' << question << " in mode " << name(way.mode));
  Observation seen = observe_command(way.mode, {way.asker, way.by, question, path, other});
  REQUIRE(seen.how == way.mode);
  return seen;
}

const Event* find(const Observation& seen, Call call, const std::string& path) {
  const auto found = std::ranges::find_if(seen.events, [&](const Event& event) { return event.call == call && event.path == path; });
  return found == seen.events.end() ? nullptr : &*found;
}

bool is_refused(const Observation& seen, const std::string& reason) {
  return std::ranges::any_of(seen.unstorable, [&](const std::string& one) { return one.find(reason) != std::string::npos; });
}

struct Tree {
  zccache::test::TempDir temp;
  std::string file = (temp.path() / "file").string();
  std::string directory = (temp.path() / "directory").string();
  std::string link = (temp.path() / "link").string();
  std::string missing = (temp.path() / "missing").string();
  Tree() {
    zccache::test::write_file(file, "four");
    fs::create_directory(directory);
    zccache::test::write_file(directory + "/inner", "six is");
    fs::create_symlink("file", link);
  }
};

// Whether the status is that of the file as it is now.
bool is_of(const FileStatus& status, const std::string& path) {
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && status.inode == now.st_ino && status.device == now.st_dev &&
         status.size == static_cast<std::uint64_t>(now.st_size) && status.mode == now.st_mode && status.links == now.st_nlink;
}

void expect(const Observation& seen, Call call, const std::string& path, int error) {
  const Event* event = find(seen, call, path);
  INFO(name(call) << ' ' << path);
  REQUIRE(event != nullptr);
  CHECK(event->error == error);
  if (error == 0 && (call == Call::open_read || call == Call::status)) CHECK(is_of(event->status, path));
}

}  // namespace

TEST_CASE("what_is_read_or_looked_for_is_seen_with_its_answer") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  expect(ask(way, "open", tree.file), Call::open_read, tree.file, 0);
  expect(ask(way, "open", tree.link), Call::open_read, tree.link, 0);
  expect(ask(way, "open", tree.missing), Call::open_read, tree.missing, ENOENT);
  expect(ask(way, "open", tree.file + "/x"), Call::open_read, tree.file + "/x", ENOTDIR);
  expect(ask(way, "fopen", tree.file), Call::open_read, tree.file, 0);
  expect(ask(way, "stat", tree.file), Call::status, tree.file, 0);
  expect(ask(way, "stat", tree.missing), Call::status, tree.missing, ENOENT);
  expect(ask(way, "lstat", tree.link), Call::link_status, tree.link, 0);
  expect(ask(way, "access", tree.directory), Call::access, tree.directory, 0);
  expect(ask(way, "access", tree.missing), Call::access, tree.missing, ENOENT);
  expect(ask(way, "list", tree.directory), Call::list, tree.directory, 0);
  CHECK(find(ask(way, "readlink", tree.link), Call::read_link, tree.link)->target == "file");
  expect(ask(way, "readlink", tree.file), Call::read_link, tree.file, EINVAL);
  const Observation canonical = ask(way, "realpath", tree.link);
  CHECK(find(canonical, Call::read_link, tree.link)->target == "file");
  expect(canonical, Call::read_link, tree.file, EINVAL);
  expect(canonical, Call::read_link, tree.temp.path(), EINVAL);
}

TEST_CASE("what_is_written_is_seen_and_whether_it_was_there") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  const Observation made = ask(way, "create", tree.missing);
  const Event* create = find(made, Call::open_write, tree.missing);
  REQUIRE(create != nullptr);
  CHECK((create->created && !create->existed && create->mode == 0640));
  REQUIRE(made.outputs.size() == 1);
  CHECK((made.outputs[0].path == tree.missing && made.outputs[0].mode == 0640));
  CHECK(made.unstorable.empty());
  expect(ask(way, "create", tree.file), Call::open_write, tree.file, EEXIST);

  const Observation renamed = ask(way, "rename", tree.missing, tree.missing + "2");
  CHECK(find(renamed, Call::rename, tree.missing)->target == tree.missing + "2");
  CHECK(is_refused(renamed, "renames "));
  CHECK(is_refused(ask(way, "append", tree.file), "updates in place"));
  CHECK(ask(way, "truncate", tree.file).unstorable.empty());
  CHECK(is_refused(ask(way, "chmod", tree.file), "changes "));
  CHECK(is_refused(ask(way, "unlink", tree.file), "removes "));
  CHECK(is_refused(ask(way, "mkdir", tree.directory + "/sub"), "makes a directory or a link"));
  CHECK(find(ask(way, "symlink", tree.directory + "/soft", "text"), Call::make, tree.directory + "/soft")->target == "text");
  CHECK(is_refused(ask(way, "link", tree.directory + "/hard", tree.directory + "/inner"), "makes a directory or a link"));
}

TEST_CASE("relative_paths_are_joined_with_the_directory_of_the_call") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  const Observation moved = ask(way, "chdir", tree.directory, "../file");
  expect(moved, Call::change_directory, tree.directory, 0);
  expect(moved, Call::status, tree.directory + "/../file", 0);
  CHECK(find(moved, Call::status, tree.directory + "/../file")->spelled == "../file");
  expect(ask(way, "at", tree.directory, "inner"), Call::status, tree.directory + "/inner", 0);
}

TEST_CASE("programs_are_seen_with_their_loaders_and_interpreters") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  const std::string script = tree.directory + "/script";
  zccache::test::write_file(script, "#!/bin/sh\nexit 0\n");
  fs::permissions(script, fs::perms::owner_all);
  for (const char* question : {"exec", "vfork"}) {
    const Observation seen = ask(way, question, script);
    expect(seen, Call::execute, script, 0);
    expect(seen, Call::execute, "/bin/sh", 0);
    CHECK(std::ranges::any_of(seen.events,
                              [](const Event& e) { return e.call == Call::execute && e.path.find("/ld-linux") != std::string::npos; }));
    CHECK(seen.unstorable.empty());
    expect(ask(way, question, tree.missing), Call::execute, tree.missing, ENOENT);
    expect(ask(way, question, tree.file), Call::execute, tree.file, EACCES);
  }
}

TEST_CASE("library_answers_as_the_c_library_does") {
  const Tree tree;
  const std::string t = tree.temp.path().string();
  fs::create_symlink("loop", t + "/loop");
  fs::create_symlink("nowhere", t + "/dangling");
  fs::create_directory_symlink(tree.directory, t + "/absolute");
  const auto same = [](const std::string& question, const std::string& path, const std::string& other = "") {
    INFO(question << ' ' << path << ' ' << other);
    const std::vector<std::string> command = {ZCCACHE_ASKER, "libc", question, path, other};
    const Observation seen = observe_command(Mode::notify, command);
    CHECK(seen.variables_complete);  // so that it is the library that answers
    CHECK(seen.output + seen.diagnostics == [&] {
      const Observation bare = observe_command(Mode::off, command);
      return bare.output + bare.diagnostics;
    }());
  };
  for (const std::string path : {"", "/", "//", ".", "..", "/../..", "missing", "missing/..", "/usr/lib/../bin/sh"})
    same("print_realpath", path);
  for (const std::string path : {"/file", "/file/", "/file/.", "/file/..", "/file/x", "/link", "/absolute/inner", "/absolute/../file", "/loop",
                                 "/dangling", "/dangling/", "/directory//inner", "/directory/./inner", "/missing/x"})
    same("print_realpath", t + path);

  const std::string script = tree.directory + "/script";
  zccache::test::write_file(script, "echo script $1\n");  // without "#!"
  fs::permissions(script, fs::perms::owner_all);
  for (const std::string& list :
       {std::string("/bin"), std::string("/missing:/bin"), tree.file + ":/bin", std::string(""), std::string(":/bin"), tree.directory}) {
    for (const std::string name : {"echo", "script", "inner", "missing", ""}) same("print_execvp", name, list);
  }
  same("print_execvp", script, "/bin");
}

TEST_CASE("odd_pointers_hide_nothing") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  expect(ask(way, "empty_path", tree.file), Call::status, tree.file, 0);
  expect(ask(way, "across_pages", tree.file), Call::status, tree.file, 0);
  CHECK(ask(way, "bad_pointer").wait_status == 0);
}

TEST_CASE("what_no_path_shows_makes_a_run_unstorable") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  CHECK(is_refused(ask(way, "connect", tree.missing), "connects to a socket"));
  CHECK(is_refused(ask(way, "network"), "opens a network socket"));
  CHECK(is_refused(ask(way, "unshare"), "changes what paths mean"));
  CHECK(is_refused(ask(way, "xattr", tree.file), "extended attributes"));
  CHECK(is_refused(ask(way, "open", "/proc/uptime"), "/proc/uptime"));
  CHECK(ask(way, "open", "/proc/self/maps").unstorable.empty());
  CHECK(ask(way, "stdin").unstorable.empty());  // /dev/null
}

TEST_CASE("standard_input_and_inherited_descriptors_are_told_from_files_of_the_command") {
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace);
  const Tree tree;
  const int inherited = ::open(tree.file.c_str(), O_RDONLY);
  const int kept = ::dup(STDIN_FILENO);
  REQUIRE(::dup2(inherited, STDIN_FILENO) == 0);
  const Observation standard = observe_command(mode, {ZCCACHE_ASKER, "libc", "stdin"}, true);
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
  CHECK(is_refused(standard, "reads its standard input"));
  CHECK(is_refused(observe_command(mode, {ZCCACHE_ASKER, "libc", "inherited", std::to_string(inherited)}), "which it was started with"));
  CHECK(observe_command(mode, {ZCCACHE_ASKER, "libc", "stat", tree.file}, true).unstorable.empty());
  ::close(inherited);
  CHECK(observe_command(mode, {"/bin/sh", "-c", "cat < " + tree.file}).unstorable.empty());
}

TEST_CASE("variables_and_moments_are_known_where_every_program_has_the_library") {
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace);
  const Observation dynamic = observe_command(mode, {ZCCACHE_ASKER, "libc", "getenv", "SOME_NAME"});
  CHECK(dynamic.variables_complete);
  CHECK(std::ranges::find(dynamic.variables_asked, "SOME_NAME") != dynamic.variables_asked.end());
  CHECK_FALSE(observe_command(mode, {ZCCACHE_STATIC_ASKER, "libc", "getenv", "SOME_NAME"}).variables_complete);
  CHECK_FALSE(observe_command(mode, {ZCCACHE_ASKER, "libc", "vfork", ZCCACHE_STATIC_ASKER}).variables_complete);
  const Observation clock = observe_command(mode, {ZCCACHE_ASKER, "libc", "localtime"});
  CHECK(clock.clock_zone_opened);
  CHECK(clock.moments == std::vector<std::int64_t>{86400});
  CHECK_FALSE(dynamic.clock_zone_opened);
}

TEST_CASE("threads_that_ask_at_once_lose_nothing") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  const Observation seen = ask(way, "threads", tree.missing);
  std::set<std::string> asked;
  for (const Event& event : seen.events) asked.insert(event.path);
  for (int i = 0; i < 1000; ++i) CHECK(asked.contains(tree.missing + std::to_string(i)));
  CHECK(seen.unstorable.empty());
}

TEST_CASE("questions_that_no_longer_fit_into_the_log_are_reported_by_the_kernel") {
  const Tree tree;
  constexpr int kMany = 80'000;
  const Observation seen = observe_command(Mode::notify, {ZCCACHE_ASKER, "libc", "many", tree.missing, std::to_string(kMany)});
  CHECK(std::ranges::count_if(seen.events, [&](const Event& event) { return event.path.starts_with(tree.missing); }) == kMany);
  CHECK(seen.unstorable.empty());
}

TEST_CASE("program_that_closes_every_descriptor_goes_on_and_is_seen") {
  const Way way = GENERATE(from_range(kWays));
  const Tree tree;
  const Observation seen = ask(way, "closed", tree.file);
  CHECK(seen.wait_status == 0);
  expect(seen, Call::status, tree.file, 0);
}

TEST_CASE("end_streams_and_usage_are_those_of_the_command") {
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace, Mode::off);
  const Observation seen = observe_command(mode, {"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
  CHECK(seen.output == "out\n");
  CHECK(seen.diagnostics == "err\n");
  CHECK((WIFEXITED(seen.wait_status) && WEXITSTATUS(seen.wait_status) == 7));
  CHECK(seen.usage.ru_maxrss > 0);
  const Observation killed = observe_command(mode, {ZCCACHE_ASKER, "libc", "killed"});
  CHECK((WIFSIGNALED(killed.wait_status) && WTERMSIG(killed.wait_status) == SIGKILL));
  CHECK(observe_command(mode, {"/bin/sh", "-c", "exec >&- 2>&-; exit 5"}).wait_status == W_EXITCODE(5, 0));
  CHECK(observe_command(mode, {"/bin/sh", "-c", "head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2"}).output.size() == 5'000'000);
}

TEST_CASE("command_that_cannot_start_is_an_error_with_its_number") {
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace, Mode::off);
  char program[] = "/no/such/program";
  char* const argv[] = {program, nullptr};
  const auto seen = run({.path = program, .argv = argv, .envp = environ, .mode = mode});
  REQUIRE_FALSE(seen.has_value());
  CHECK(seen.error().system_error == ENOENT);
}

TEST_CASE("unobserved_command_runs_and_says_so") {
  const Observation seen = observe_command(Mode::off, {ZCCACHE_ASKER, "libc", "stat", "/"});
  CHECK(seen.how == Mode::off);
  CHECK(seen.wait_status == 0);
  CHECK(is_refused(seen, "was not observed"));
}

TEST_CASE("command_observed_within_an_observed_one_runs_and_neither_is_storable") {
  if (::getenv("ZCCACHE_TEST_INNER") != nullptr) {
    const Observation inner = observe_command(Mode::automatic, {ZCCACHE_ASKER, "libc", "stat", "/"});
    ::_exit(inner.wait_status == 0 && !inner.unstorable.empty() ? 42 : 1);
  }
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace);
  ::setenv("ZCCACHE_TEST_INNER", "1", 1);
  const Observation outer = observe_command(mode, {"/proc/self/exe", "command_observed_within_an_observed_one_runs_and_neither_is_storable"});
  ::unsetenv("ZCCACHE_TEST_INNER");
  // Below ptrace the inner one has the listener, and sees all; the outer one knows that it does not.
  CHECK(WIFEXITED(outer.wait_status));
  if (mode == Mode::notify) CHECK(WEXITSTATUS(outer.wait_status) == 42);
  CHECK(is_refused(outer, "installs a seccomp filter"));
}

TEST_CASE("asking_about_an_open_file_stops_no_program_with_the_library") {
  const Tree tree;
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace);
  const Observation seen = ask({mode, ZCCACHE_ASKER, "libc"}, "fstat_often", tree.file);
  CHECK(WEXITSTATUS(seen.wait_status) == 0);
  // Each stop is a wait of the program for its observer.
  constexpr long kStopsOfAStart = 2000;
  CHECK(seen.usage.ru_nvcsw < kStopsOfAStart);
}

TEST_CASE("process_that_outlives_the_command_goes_on_to_be_answered") {
  const Tree tree;
  const std::string word = tree.directory + "/word";
  const Observation seen = observe_command(Mode::notify, {ZCCACHE_STATIC_ASKER, "libc", "outlived", tree.missing, word});
  CHECK(is_refused(seen, "goes on after its end"));
  zccache::test::write_file(word, "go");
  for (int i = 0; i < 60'000 && (!fs::exists(tree.missing) || fs::file_size(tree.missing) != 4); ++i) ::usleep(1000);
  CHECK(zccache::test::read_file(tree.missing) == "done");
}

TEST_CASE("command_dies_with_its_observer") {
  const Mode mode = GENERATE(Mode::notify, Mode::ptrace);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t observer = ::fork();
  if (observer == 0) {
    ::close(ends[0]);
    observe_command(mode, {"/bin/sh", "-c", "echo $$ >&" + std::to_string(ends[1]) + "; exec sleep 1000"});
    ::_exit(0);
  }
  ::close(ends[1]);
  char text[16] = {};
  REQUIRE(::read(ends[0], text, sizeof text - 1) > 0);
  ::kill(observer, SIGKILL);
  ::waitpid(observer, nullptr, 0);
  // The command holds the other end until it is gone.
  char byte = 0;
  CHECK(::read(ends[0], &byte, 1) == 0);
  ::close(ends[0]);
}

TEST_CASE("preloaded_libraries_of_the_user_come_first") {
  const Observation seen = observe_command(Mode::notify, {"/bin/sh", "-c", "echo $LD_PRELOAD"});
  CHECK(seen.output == preload_library() + "\n");
  std::string preload = "LD_PRELOAD=/lib/x86_64-linux-gnu/libdl.so.2";
  std::string path = "PATH=/usr/bin:/bin";
  char* const envp[] = {path.data(), preload.data(), nullptr};
  const Observation second = observe_command(Mode::notify, {"/bin/sh", "-c", "echo $LD_PRELOAD"}, false, envp);
  CHECK(second.output == preload.substr(11) + ":" + preload_library() + "\n");
}

TEST_CASE("observation_is_tried_before_it_is_said_to_work") {
  CHECK(why_unavailable(Mode::off).empty());
  CHECK(why_unavailable(Mode::notify).empty());
  CHECK(why_unavailable(Mode::ptrace).empty());
}
