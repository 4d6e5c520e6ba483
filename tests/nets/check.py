#!/usr/bin/env python3
"""Takes the safety nets out one by one, and expects that a test notices.

usage: tests/nets/check.py [--list | --texts] [NET...]     all of them by default
  --list   their names
  --texts  only whether each stands where it is named

Works on a copy of the tree. Each net is a text in one file, which must stand there exactly once, and what stands in its place without the net. A text
that is not there any more is a failure: the code has changed, and the net has to be named anew.
Exit codes: 0 each net was missed by a test, 1 not so, 2 usage.
"""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_PER_TEST = 300  # a net against hanging is missed by a hang


@dataclasses.dataclass(frozen=True)
class Net:
    name: str
    file: str
    text: str  # the net
    without: str  # what stands in its place when it is taken out
    program: str  # the test program that misses it ...
    tests: str  # ... and its tests, as Catch2 selects them
    hangs: bool = False


SEGMENT = "lib/src/segment/segment.cpp"
LIVE = "lib/src/live/live_index.hpp"
FILE = "lib/src/base/file.cpp"
DIRECTORY = "lib/src/base/directory.cpp"

NETS = [
    Net("free space: blocks are there before the extent grows into them", SEGMENT,
        "if (auto blocks = allocate_blocks(fd, begin + allocated, end - begin - allocated, path); !blocks) return blocks.error();",
        "(void)fd, (void)path;",
        "test_process", "an_index_that_grows_into_a_full_disk_*"),
    Net("free space: blocks are allocated before a file is mapped", FILE,
        "if (retry_interrupted([&] { return ::fallocate(fd, 0, static_cast<off_t>(from), static_cast<off_t>(size)); }) == 0) return {};",
        "if (::ftruncate(fd, static_cast<off_t>(size)) == 0) return {};",
        "test_process", "inserts_on_a_full_disk_*,an_index_that_cannot_be_made_on_a_full_disk_*"),
    Net("free space: a store that faults ends its change and not its process", "lib/src/base/guarded_stores.cpp",
        "siglongjmp(region->start, 1);", "do_as_by_default(signal, info);",
        "test_unit", "a_store_that_faults_*"),
    Net("free space: a fault of another thread is its own", "lib/src/base/guarded_stores.hpp",
        "[[gnu::tls_model(\"initial-exec\")]] inline constinit thread_local GuardedRegion* current_region = nullptr;",
        "inline constinit GuardedRegion* current_region = nullptr;",
        "test_unit", "a_fault_in_one_thread_*"),
    Net("free space: faults outside of a mapping are not the library's", "lib/src/base/guarded_stores.cpp",
        " || !region->contains(info->si_addr)", "",
        "test_unit", "a_fault_outside_*"),
    Net("file system: unknown ones are refused", DIRECTORY,
        "if (std::ranges::find(kKnownFilesystems, type) == kKnownFilesystems.end()) return", "if (type == 0) return",
        "test_unit", "local_file_systems_are_known_and_others_are_not"),
    Net("boot id of the live file", SEGMENT,
        "if (header.boot_id != boot) return Distrust::other_boot;", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("device and inode of the live file", SEGMENT,
        "header.device != status.st_dev || header.inode != status.st_ino || ", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("a second name of the live file", SEGMENT,
        " || status.st_nlink > 1) return Distrust::moved;", ") return Distrust::moved;",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*,a_live_file_that_another_directory_shares_*"),
    Net("version of the live file", SEGMENT,
        "if (header.version != format::kFormatVersion) return Distrust::other_version;", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("fingerprint of the layout", SEGMENT,
        "if (header.fingerprint != layout_fingerprint()) return Distrust::other_version;", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("checksum of the live header", SEGMENT,
        "if (header.checksum != header_checksum(header)) return Distrust::damaged;", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("size and places of the live file", SEGMENT,
        "if (header.file_bytes != static_cast<std::uint64_t>(status.st_size) || !offsets_in_range(header)) return Distrust::damaged;", "",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("owner and mode of the directory", DIRECTORY,
        "if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {", "if (false) {",
        "test_unit", "a_directory_that_others_can_write_is_untrusted"),
    Net("symlinks in the place of the directory", DIRECTORY,
        "if (::lstat(path.c_str(), &status) != 0) {", "if (::stat(path.c_str(), &status) != 0) {",
        "test_unit", "a_symlink_to_a_directory_is_unusable"),
    Net("symlinks in the place of a file", FILE,
        "flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK", "flags | O_CLOEXEC | O_NONBLOCK",
        "test_unit", "a_symlink_in_the_place_of_a_snapshot_is_not_followed,descriptors_are_not_inherited_and_links_are_not_followed"),
    Net("FIFOs in the place of a file", FILE,
        "flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK", "flags | O_CLOEXEC | O_NOFOLLOW",
        "test_unit", "a_fifo_in_the_place_of_a_file_hangs_nobody", hangs=True),
    Net("what stands at a temporary name goes first", FILE,
        "if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) return system_failure(temporary.string());", "",
        "test_unit", "what_stands_at_a_fixed_temporary_name_is_replaced_and_never_followed"),
    Net("symlinks in the place of the quarantine", "lib/src/recovery/quarantine.cpp",
        "make_folder(directory.quarantine())", "make_directory(directory.quarantine())",
         "test_unit", "what_is_set_aside_does_not_go_*"),
    Net("symlinks in the place of a payload's folders: stored", "lib/src/payload/staging.cpp",
        "if (auto made = make_folders_of(target); !made)", "if (auto made = make_directory(target.parent_path()); !made)",
        "test_unit", "whatever_is_planted_in_a_cache_directory_*"),
    Net("symlinks in the place of a payload's folders: removed", "lib/src/payload/payload_files.cpp",
        "if (is_inside(payload)) ::unlink(payload.c_str());", "::unlink(payload.c_str());",
        "test_unit", "whatever_is_planted_in_a_cache_directory_*"),
    Net("digest of a payload that is served", "lib/src/payload/payload_reader.cpp",
        "if (*digest == entry_.output_digest(i)) return true;", "return true;",
        "test_unit", "a_payload_that_is_not_what_was_stored_*"),
    Net("digest of a payload that is looked at", "lib/src/payload/payload_reader.cpp",
        "if (digest && *digest == entry_.output_digest(i)) return found;", "if (digest) return found;",
        "test_unit", "a_payload_that_is_not_what_was_stored_*"),
    Net("a link is to the file that was looked at", "lib/src/base/file.cpp",
        'const std::string open_file = "/proc/self/fd/" + std::to_string(existing);',
        'const std::string open_file = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(existing)).string();',
        "test_unit", "a_link_is_to_the_file_that_was_opened_*"),
    Net("the ring of bucket groups", "lib/src/live/live_writer.cpp",
        "if (search.slot == nullptr && !ring_is_sound(*index_.map_, extent)) return Change::damaged;", "",
        "test_process", "any_one_damaged_word_of_the_maps_arrays_*"),
    Net("the magic of a record that was checked before", LIVE,
        " && record->magic == format::kRecordMagic;", ";",
        "test_unit", "a_link_that_goes_a_few_bytes_astray_*"),
    Net("checksum of a record", "lib/src/format/record.cpp",
        "if (record.checksum != checksum64(bytes.data() + kRecordChecksumFrom, record.length - kRecordChecksumFrom)) return nullptr;", "",
        "test_unit", "a_record_with_any_bit_flipped_*"),
    Net("the parts of a record add up", "lib/src/format/record.cpp",
        "return parts_add_up(record) ? &record : nullptr;", "return &record;",
        "test_unit", "a_record_whose_parts_do_not_add_up_*"),
    Net("checksum of the snapshot's header", "lib/src/snapshot/snapshot_reader.cpp",
        "return checksum == format::checksum64(bytes.data(), size - sizeof checksum);", "return true;",
        "test_unit", "a_flipped_bit_costs_at_most_the_record_*"),
    Net("checksum of the snapshot's footer", "lib/src/snapshot/snapshot_reader.cpp",
        "footer.checksum != format::checksum64(&footer, offsetof(format::SnapshotFooter, checksum))", "false",
        "test_unit", "a_flipped_bit_costs_at_most_the_record_*"),
    Net("checksum of the snapshot's table", "lib/src/snapshot/snapshot_reader.cpp",
        "footer.table_checksum != format::checksum64(table.data(), table.size())", "false",
        "test_unit", "a_flipped_bit_costs_at_most_the_record_*"),
    Net("places in the snapshot's footer", "lib/src/snapshot/snapshot_reader.cpp",
        "if (!places) return false;", "",
        "test_unit", "a_footer_with_impossible_places_is_not_believed_*"),
    Net("bound of a walk", LIVE,
        "if (steps == kMaxChain || ", "if (",
        "test_process", "any_one_damaged_word_*", hangs=True),
    Net("links are checked before they are followed", LIVE,
        "|| !segment_.contains(node, sizeof *node)) {", ") {",
        "test_process", "any_one_damaged_word_*"),
    Net("places of the map and the extent", "lib/src/live/live_index.cpp",
        "checksum_of(*map_) != header().map_checksum", "false",
        "test_unit", "check_says_why_a_live_index_cannot_be_trusted_*"),
    Net("counts that cannot be", "lib/src/live/live_index.cpp",
        "return counts.live_bytes.load(std::memory_order_relaxed) <= used && "
        "counts.entries.load(std::memory_order_relaxed) <= used / kNodeBytes;", "return used != 0 || counts.entries != 0;",
        "test_unit", "counts_that_cannot_be_are_damage_*"),
    Net("counts that are less than there is", "lib/src/store/store_impl.cpp",
        "return fresh || fresh.error().error != Error::corrupt ? std::move(fresh) : rebuild_damaged(live);", "return fresh;",
        "test_unit", "an_index_whose_counts_are_damaged_to_less_*"),
    Net("recovery: holes are not read", "lib/src/recovery/salvage.cpp",
        "for (const FileRange& range : written_ranges(fd->get(), bytes.size())) {", "if (const FileRange range{0, bytes.size()}; true) {",
        "test_process", "what_looks_for_records_*"),
    Net("time-out of a lock", "lib/src/base/byte_lock.cpp",
        "if (Clock::now() >= end) return false;", "(void)end;",
        "test_unit", "another_object_waits_and_gives_up_in_time", hangs=True),
    Net("the lock file is the one at the path", "lib/src/base/lock_file.cpp",
        "if (!guard || is_at_path()) return guard;", "return guard;",
        "test_unit", "a_lock_at_the_path_excludes_whoever_comes_after_a_removal"),
    Net("a change is made in the file at the path", "lib/src/store/store_impl.cpp",
        "if (!*lock || !is_at_path(*pin->live())) return std::optional<Locked>();", "if (!*lock) return std::optional<Locked>();",
        "test_process", "a_directory_removed_under_an_attached_store_*"),
    Net("a lock that was waited for in vain is not waited for again", "lib/src/live/writer_lock.cpp",
        "return std::min(patience.end(), std::max(theirs + patience.timeout(), patience.begin() + kLastTry));", "return patience.end();",
        "test_process", "nobody_waits_anew_*", hangs=True),
    Net("a snapshot goes to the life that it is of", "lib/src/snapshot/flush.cpp",
        "return is_same_life(directory, index) && is_wanted();", "return is_wanted();",
        "test_process", "a_flush_beside_*"),
    Net("an index is put in the place of the one that it came of", "lib/src/live/live_builder.cpp",
        "if (!before.is_in(directory)) return look_again;", "",
        "test_process", "a_renewal_beside_*"),
    Net("a killed writer's change is settled", "lib/src/live/live_writer.hpp",
        "header_(index.header()) { settle(); }", "header_(index.header()) {}",
        "test_unit", "an_insert_that_was_published_when_its_writer_was_killed_*"),
    Net("a fault in the launcher becomes the compiler", "tools/zccache-cc/platform/crash_fallback.cpp",
        "sigaction(fault, &action, nullptr);", "(void)action, (void)fault;",
        "test_launcher", "fault_becomes_the_compiler"),
    Net("a fault after the compiler has run keeps its exit code", "tools/zccache-cc/platform/crash_fallback.cpp",
        "if (fallback.exit_code >= 0) ::_exit(fallback.exit_code);", "",
        "test_launcher", "fault_after_the_compiler_ran_keeps_its_exit_code"),
]


def stands_there(net: Net, root: pathlib.Path) -> bool:
    times = (root / net.file).read_text().count(net.text) if (root / net.file).is_file() else 0
    if times != 1:
        print(f"FAILED: {net.name}: {net.file} has its text {times} times, not once; name the net anew:\n    {net.text}", flush=True)
    return times == 1


class Tree:
    """A copy of the sources and a build of it."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.build_dir = root / "build" / "nets"
        files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        for name in files.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        # Unoptimised: it is compiled once for each net. Without warnings: what a net used may be unused without it.
        configured = run(["cmake", "-S", root, "-B", self.build_dir, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-w",
                          "-DZCCACHE_BUILD_BENCH=OFF"])
        if not configured:
            raise SystemExit("check.py: the copy of the tree cannot be configured")

    def build(self, program: str) -> bool:
        return run(["cmake", "--build", self.build_dir, "--target", program])

    def tests_pass(self, net: Net) -> bool:
        command = [self.build_dir / "bin" / net.program, net.tests]
        test = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output = test.communicate(timeout=20 if net.hangs and self.changed else SECONDS_PER_TEST)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(test.pid, signal.SIGKILL)
            test.communicate()
            return False
        if "No tests ran" in output or "No test cases matched" in output:
            raise SystemExit(f"check.py: {net.name}: {net.program} has no test '{net.tests}'; name the one that misses it")
        return test.returncode == 0

    changed = False


def run(command) -> bool:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}", flush=True)
    return done.returncode == 0


def is_missed(tree: Tree, net: Net) -> bool:
    """Whether the tests are green with the net, and not without it."""
    if not tree.build(net.program) or not tree.tests_pass(net):
        print(f"FAILED: {net.name}: {net.tests} fails although the net is there", flush=True)
        return False
    if not stands_there(net, tree.root):
        return False
    source = tree.root / net.file
    before = source.read_text()
    source.write_text(before.replace(net.text, net.without))
    tree.changed = True
    try:
        built = tree.build(net.program)
        missed = built and not tree.tests_pass(net)
    finally:
        tree.changed = False
        source.write_text(before)
    print(f"ok: {net.name}" if missed else f"FAILED: {net.name}: {net.tests if built else 'the compiler'} " + ("did not notice" if built else "does not take what stands in its place"), flush=True)
    return missed


def main(arguments) -> int:
    if "--list" in arguments:
        print("\n".join(net.name for net in NETS))
        return 0
    if "--texts" in arguments:
        return 0 if all([stands_there(net, ROOT) for net in NETS]) else 1
    nets = [net for net in NETS if not arguments or any(argument in net.name for argument in arguments)]
    if not nets:
        print(f"usage: check.py [--list] [NET...]; there is no net '{arguments[0]}'", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(pathlib.Path(folder))
        # Nets of one program after another, those of one file together: less to compile anew.
        results = [is_missed(tree, net) for net in sorted(nets, key=lambda net: (net.program, net.file))]
    print(f"{results.count(True)} nets are missed when they are gone, {results.count(False)} are not")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
