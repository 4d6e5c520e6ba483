#include "common/command_line.hpp"

#include <fmt/core.h>
#include <zccache/result.hpp>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/human.hpp"
#include "common/suggestion.hpp"

namespace zccache::tools {
namespace {

/// CLI11 makes the usage line from the options; ours shows which go together.
class UsageFormatter : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string form) : form_(std::move(form)) {}
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override { return "Usage: " + form_ + "\n"; }

 private:
  std::string form_;
};

int complain(std::string_view message, ExitCode code) {
  fmt::print(stderr, "{}: {}\n", program_invocation_short_name, printable(message));
  return code;
}

/// The innermost subcommand that was named: the one whose usage helps.
const CLI::App& addressed(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return named.empty() ? app : addressed(*named.back());
}

int usage_error(const CLI::App& app, std::string_view message) {
  const auto formatter = std::dynamic_pointer_cast<CLI::Formatter>(addressed(app).get_formatter());
  complain(message, kUsage);
  fmt::print(stderr, "{}Run it with --help for more.\n", formatter->make_usage(&app, app.get_name()));
  return kUsage;
}

/// What the first word that nobody expected may have been meant as: a command where none is named, else an option.
std::string suggestion(const CLI::App& app) {
  const auto words = app.remaining(true);
  if (words.empty()) return {};
  std::vector<std::string> names;
  if (words.front().starts_with('-')) {
    for (const CLI::Option* option : addressed(app).get_options()) names.push_back(option->get_name());
  } else if (app.get_subcommands().empty()) {
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  }
  return did_you_mean(words.front(), names);
}

/// Values that no state of the cache would make valid are the caller's mistake.
ExitCode code_of(Error error) { return error == Error::invalid_key || error == Error::invalid_artifact ? kUsage : kCouldNot; }

int finish_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return complain("could not write the output", kCouldNot);
}

int guarded(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  try {
    app.parse(argc, argv);
    return body();
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ExtrasError& error) {
    return usage_error(app, error.what() + suggestion(app));
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error.what());
  } catch (const UsageError& error) {
    return usage_error(app, error.what());
  } catch (const No& answer) {
    return complain(answer.what(), kNo);
  } catch (const FailureException& failed) {
    return complain(failed.what(), code_of(failed.failure().error));
  } catch (const std::exception& failed) {
    return complain(failed.what(), kCouldNot);
  }
}

}  // namespace

void set_usage(CLI::App& app, std::string form) { app.formatter(std::make_shared<UsageFormatter>(std::move(form))); }

void add_directory_option(CLI::App& app, std::string& directory) {
  app.add_option("--dir", directory, "The cache directory (default: $ZCCACHE_DIR, else zccache-artifact in the user's cache folder)")
      ->type_name("D")
      ->check([](const std::string& value) { return value.empty() ? std::string("must not be empty") : std::string(); });
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto range =
      most == std::numeric_limits<std::int64_t>::max() ? fmt::format("from {} on", least) : fmt::format("from {} to {}", least, most);
  return {[=](const std::string& text) {
            std::int64_t number = 0;
            const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
            const bool fits = failed == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
            return fits ? std::string() : fmt::format("takes a whole number {}, not '{}'", range, text);
          },
          ""};
}

CLI::Validator seconds() {
  return {[](const std::string& text) {
            char* end = nullptr;
            const double number = std::strtod(text.c_str(), &end);
            const bool fits = end != text.c_str() && *end == '\0' && number > 0 && std::isfinite(number);
            return fits ? std::string() : fmt::format("takes a number of seconds, as 0.5 or 2, not '{}'", text);
          },
          ""};
}

int run(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  app.set_version_flag("--version", fmt::format("{} {}", app.get_name(), ZCCACHE_VERSION), "Print the version and exit");
  return finish_output(guarded(app, argc, argv, body));
}

}  // namespace zccache::tools
