// Where warnings go.
#include "base/log.hpp"

#include <sys/stat.h>

#include "captured_log.hpp"
#include "catch.hpp"
#include "modes.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("nobody_listens_until_somebody_asks_and_again_afterwards") {
  log::warning("to nobody");
  {
    const CapturedLog log;
    log::warning("to us");
    log::info("of less weight");
    CHECK(log.warnings() == 1);
    CHECK(log.warned_of("to us"));
  }
  log::warning("to nobody");
}

TEST_CASE("a_log_file_is_for_the_user_alone_and_is_appended_to") {
  const TempDir temp;
  const Umask nothing_masked(0);
  const auto file = temp.path() / "log";
  for (const char* line : {"first line", "second line"}) {
    set_log_sink(file_log_sink(file));
    log::warning(line);
    set_log_sink({});
  }
  CHECK(mode_of(file) == 0600);
  const std::string text = read_file(file);
  CHECK(text.find("warning: first line\n") != std::string::npos);
  CHECK(text.find("second line\n") > text.find("first line\n"));
}

TEST_CASE("a_log_file_that_cannot_be_written_is_silence") {
  const TempDir temp;
  const LogSink sink = file_log_sink(temp.path());  // a directory
  CHECK_FALSE(sink);
  set_log_sink(sink);
  log::warning("to nobody");
}
