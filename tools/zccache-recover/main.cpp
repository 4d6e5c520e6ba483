// zccache-recover: looks for damage in a cache directory, and repairs it when told to.
#include <fmt/core.h>
#include <zccache/recovery.hpp>

#include <string>

#include "common/command_line.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "config/configuration.hpp"

namespace {

using namespace zccache;

struct Options {
  std::string directory;
  bool check = false;
  bool repair = false;
  bool json = false;
};

tools::Json findings_json(const RecoveryReport& report) {
  tools::Json list = tools::Json::array();
  for (const RecoveryFinding& one : report.findings) {
    list.push_back({{"file", one.file}, {"state", one.state}, {"detail", one.detail}, {"found", one.found}, {"lost", one.lost}});
  }
  return list;
}

void show_json(const RecoveryReport& report) {
  tools::print_json({{"damaged", report.damaged},
                     {"rebuild_needed", report.rebuild_needed},
                     {"rebuilt", report.rebuilt},
                     {"entries_kept", report.entries_kept},
                     {"findings", findings_json(report)},
                     {"quarantined", report.quarantined}});
}

int recover(const Options& options) {
  const std::filesystem::path directory = tools::chosen_directory(options.directory);
  const RecoveryReport report = (options.repair ? repair(directory, OpenOptions::from_environment()) : check(directory)).value();
  if (options.json) {
    show_json(report);
  } else {
    fmt::print("{}", report.to_text());
  }
  const bool wants_repair = !options.repair && (report.damaged || report.rebuild_needed);
  return wants_repair ? tools::kNo : tools::kGood;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Looks for damage in a cache directory, and repairs it when told to.", "zccache-recover");
  tools::set_usage(app, "zccache-recover [--dir D] [--check | --repair] [--json]");
  // The compiler cache that the user has configured is the one to look at.
  (void)config::Configuration::load();
  Options options;
  tools::add_directory_option(app, options.directory);
  CLI::Option* check = app.add_flag("--check", options.check, "Look and change nothing (the default)");
  app.add_flag("--repair", options.repair, "Rebuild what cannot be used and set damaged files aside")->excludes(check);
  app.add_flag("--json", options.json, "Print JSON");
  return tools::run(app, argc, argv, [&options] { return recover(options); });
}
