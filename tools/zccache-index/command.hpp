// The subcommands of zccache-index. Each stands in the file of its name; main.cpp fills their options from the command line.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/configuration.hpp"

namespace zccache::index_tool {

/// What all subcommands share.
struct Context {
  std::string directory;  ///< as given; may be empty
  bool json = false;
  config::Configuration configuration;
};

struct ConfigOptions {
  std::string assignment;  ///< KEY or KEY=VALUE, or empty
  bool project = false;    ///< write the file of the project in the working directory
};

struct ListOptions {
  bool all = false;  ///< not the results alone
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

/// One part of the entry instead of all its metadata: at most one of the three.
struct GetOptions {
  std::string key;
  bool want_stdout = false;
  bool want_stderr = false;
  std::string output;       ///< a name, or empty
  std::string destination;  ///< of `output`
};

struct PutOptions {
  std::string key;
  std::vector<std::string> outputs;  ///< NAME=FILE
  std::string stdout_file;
  std::string stderr_file;
  std::int32_t exit_code = 0;
};

struct RemoveOptions {
  std::vector<std::string> keys;
};

struct ExportOptions {
  std::string file;
  bool no_payloads = false;
};

/// Either `file`, an archive, or `bincode`.
struct ImportOptions {
  std::string file;
  std::string bincode;           ///< the index of the original
  std::string objects;           ///< the folder of its payloads, or empty
  bool skip_incomplete = false;  ///< leave entries out whose payloads are not all there
};

struct ReportOptions {
  std::string html;  ///< the page to write
};

struct TopOptions {
  double interval = 1;  ///< seconds
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
};

struct StatsOptions {
  bool zero = false;
  bool verbose = false;     ///< the index's own numbers too
  bool prometheus = false;  ///< all numbers, in the text format of Prometheus
};

struct ExplainOptions {
  std::vector<std::string> command;  ///< a compiler and its arguments, or one word with all of them; a source with compile_commands
  std::string compile_commands;      ///< the file, or the directory that it is in; or empty
};

struct ObserveOptions {
  std::vector<std::string> command;  ///< any program and its arguments
  std::string mode = "auto";         ///< auto, notify, ptrace, off
};

struct PullOptions {
  std::string compile_commands = ".";  ///< the file, or the directory that it is in
};

struct PushOptions {
  std::string wait = "60s";  ///< for how long at most
};

struct ClearOptions {
  bool sure = false;
};

struct GcOptions {
  std::string max_size;
  std::string max_age;
  bool dry_run = false;
};

// Each returns the exit code, and throws what tools::run() understands.
int stats(const Context& context, const StatsOptions& options);
int explain(const Context& context, const ExplainOptions& options);
int observe(const Context& context, const ObserveOptions& options);
int list(const Context& context, const ListOptions& options);
int get(const Context& context, const GetOptions& options);
int put(const Context& context, const PutOptions& options);
int remove(const Context& context, const RemoveOptions& options);
int clear(const Context& context, const ClearOptions& options);
int export_archive(const Context& context, const ExportOptions& options);
int import(const Context& context, const ImportOptions& options);
int config(const Context& context, const ConfigOptions& options);
int doctor(const Context& context);
int flush(const Context& context);
int gc(const Context& context, const GcOptions& options);
int pull(const Context& context, const PullOptions& options);
int push(const Context& context, const PushOptions& options);
int report(const Context& context, const ReportOptions& options);
int top(const Context& context, const TopOptions& options);
int verify(const Context& context);
int dump(const Context& context);

}  // namespace zccache::index_tool
