#!/usr/bin/env python3
"""Projects that CMake builds, links and archives included: bare, cold and warm builds with the same bytes, and nothing is made twice."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402

MADE = ("*.o", "*.a", "*.so*", "prog")

LIBRARIES = """
cmake_minimum_required(VERSION 3.21)
project(libraries CXX)
add_library(one STATIC one.cpp more.cpp)
add_library(two SHARED two.cpp)
set_target_properties(two PROPERTIES VERSION 1.2 SOVERSION 1)
target_link_libraries(two PRIVATE one)
set_target_properties(one PROPERTIES POSITION_INDEPENDENT_CODE ON)
add_executable(prog main.cpp)
target_link_libraries(prog PRIVATE two one)
"""
PRECOMPILED = """
cmake_minimum_required(VERSION 3.21)
project(precompiled CXX)
add_library(one STATIC one.cpp)
target_precompile_headers(one PRIVATE pre.h <string>)
add_executable(prog main.cpp more.cpp)
target_precompile_headers(prog REUSE_FROM one)
target_link_libraries(prog PRIVATE one)
"""


class Project(Case):
    """Below `work/src`, built in `work/build`, where the results of one build take the place of those of the other."""

    generator = "Ninja"
    compiler = "g++"
    flags = ""

    def setUp(self):
        super().setUp()
        self.environment |= {"ZCCACHE_LINK": "on", "ZCCACHE_LOG": str(self.work / "log")}
        for tool in ["ar", "ranlib"]:  # CMake has no launcher for them
            (self.work / "bin").mkdir(exist_ok=True)
            (self.work / "bin" / tool).symlink_to(self.programs / "zccache-cc")

    def build(self, *options: str) -> dict[str, bytes]:
        """What it makes, from nothing."""
        directory = self.work / "build"
        shutil.rmtree(directory, ignore_errors=True)
        self.command("cmake", "-S", "src", "-B", "build", "-G", self.generator, f"-DCMAKE_CXX_COMPILER={self.compiler}", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", f"-DCMAKE_CXX_FLAGS={self.flags}", *options)
        return self.build_again()

    def build_again(self) -> dict[str, bytes]:
        (self.work / "log").write_text("")
        self.command("cmake", "--build", "build", "--parallel", "2")
        made = [path for pattern in MADE for path in (self.work / "build").rglob(pattern) if "CompilerId" not in str(path)]
        return {str(path.relative_to(self.work)): path.read_bytes() for path in made}

    def launched(self) -> dict[str, bytes]:
        launcher = self.programs / "zccache-cc"
        tools = [f"-DCMAKE_{name}={self.work}/bin/{name.lower()}" for name in ["AR", "RANLIB"]]
        return self.build(f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", f"-DCMAKE_CXX_LINKER_LAUNCHER={launcher}", *tools)

    def command(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.work, env=self.environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def decisions(self) -> list[str]:
        return [line.partition("] ")[2] for line in (self.work / "log").read_text().splitlines()]

    def assert_all(self, kind: str, count: int) -> None:
        decisions = self.decisions()
        self.assertEqual([one for one in decisions if not one.startswith(f"info: {kind} ")], [])
        self.assertEqual(len(decisions), count)

    def assert_same(self, wanted: dict[str, bytes], made: dict[str, bytes]) -> None:
        self.assertEqual(sorted(wanted), sorted(made))
        self.assertEqual([name for name in wanted if wanted[name] != made[name]], [])

    def assert_second_build_is_hits_only(self) -> None:
        bare = self.build()
        cold = self.launched()
        self.assert_all("miss", self.actions)
        warm = self.launched()
        self.assert_all("hit", self.actions)
        self.assert_same(bare, cold)
        self.assert_same(bare, warm)

    def says(self) -> str:
        return self.command(str(self.work / "build" / "prog")).strip()


class Libraries(Project):
    actions = 4 + 2 + 2  # compiles; the shared library and the program; ar and ranlib

    def setUp(self):
        super().setUp()
        self.write("src/CMakeLists.txt", LIBRARIES)
        self.write("src/one.cpp", "int one() { return 1; }\n")
        self.write("src/more.cpp", "int more() { return 10; }\n")
        self.write("src/two.cpp", "int one();\nint more();\nint two() { return one() + more(); }\n")
        self.write("src/main.cpp", '#include <cstdio>\nint two();\nint one();\nint main() { std::printf("%d\\n", two() + one()); }\n')

    def test_the_second_build_is_hits_only_links_and_archives_included(self):
        self.assert_second_build_is_hits_only()
        self.assertEqual(self.says(), "12")
        self.assertTrue(os.access(self.work / "build/libtwo.so.1.2", os.X_OK))

    def test_an_edit_and_its_reversal_are_right(self):
        self.launched()
        self.write("src/one.cpp", "int one() { return 2; }\n")
        edited = self.build_again()
        self.assertEqual(self.says(), "14")
        self.write("src/one.cpp", "int one() { return 1; }\n")
        self.build_again()
        self.assertEqual(self.says(), "12")
        self.assertEqual([one for one in self.decisions() if " hit " not in one], [])
        self.write("src/one.cpp", "int one() { return 2; }\n")
        self.assert_same(edited, self.build_again())
        self.assertEqual([one for one in self.decisions() if " hit " not in one], [])


class LibrariesByMake(Libraries):
    generator = "Unix Makefiles"


class PrecompiledHeaders(Project):
    actions = 1 + 3 + 1 + 2  # the header, used by two targets; compiles; the program; ar and ranlib

    def setUp(self):
        super().setUp()
        if shutil.which(self.compiler) is None:
            self.skipTest(f"{self.compiler} is not there")
        self.write("src/CMakeLists.txt", PRECOMPILED)
        self.write("src/pre.h", "#pragma once\n#define VALUE 1\ninline int value() { return VALUE; }\n")
        self.write("src/one.cpp", "int one() { return value(); }\n")
        self.write("src/more.cpp", "int more() { return VALUE * 10; }\n")
        self.write("src/main.cpp", '#include <cstdio>\nint one();\nint more();\nint main() { std::printf("%s %d\\n", std::string("sum").c_str(), one() + more()); }\n')

    def test_the_second_build_is_hits_only_and_an_edited_header_is_seen(self):
        self.assert_second_build_is_hits_only()
        self.assertEqual(self.says(), "sum 11")
        self.write("src/pre.h", (self.work / "src/pre.h").read_text().replace("VALUE 1", "VALUE 2"))
        self.build_again()
        self.assertEqual(self.says(), "sum 22")
        edited = self.launched()
        self.assert_same(self.build(), edited)


class PrecompiledHeadersByMake(PrecompiledHeaders):
    generator = "Unix Makefiles"


class PrecompiledHeadersByClang(PrecompiledHeaders):
    """Which is told to keep no times: CMake writes its header anew each time."""

    compiler = "clang++"
    flags = "-Xclang -fno-pch-timestamp"


if __name__ == "__main__":
    main()
