"""The projects that real_projects.py builds: one for each way to build C and C++ that is in use, as small as shows it.

In a command {cc}, {cxx} and {launcher} are the compilers with their launcher, or without; {links} is a directory to put first in PATH, in which the launcher
bears the compilers' names.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Project:
    package: str  # of Debian, from which the sources come
    build: str  # what is measured
    clean: str = "make -s clean"  # before each build
    prepare: str = "true"  # once: configuration that leaves the choice of the compiler to the build
    configure: str = "true"  # before each build: configuration that makes the choice
    with_debian: bool = False  # with Debian's changes, to be built as a package
    needs: tuple[str, ...] = ()  # Debian packages beside gcc and make
    language: str = "C"


def cmake(package: str, options: str, *, targets: str = "all", source: str = ".", **others) -> Project:
    return Project(package, clean="rm -rf build", build=f"ninja -C build -d keepdepfile -j{{jobs}} {targets}",
                   configure=f"cmake -G Ninja -S {source} -B build -DCMAKE_C_COMPILER_LAUNCHER={{launcher}} -DCMAKE_CXX_COMPILER_LAUNCHER={{launcher}} {options}",
                   needs=("cmake", "ninja-build", *others.pop("needs", ())), **others)


def make(package: str, targets: str, **others) -> Project:
    return Project(package, build=f"make -s -j{{jobs}} CC='{{cc}}' {targets}", **others)


GIT_WITHOUT = " ".join(f"NO_{what}=1" for what in "CURL EXPAT GETTEXT TCLTK PERL PYTHON OPENSSL".split())

PROJECTS = {
    # Make by hand, in the source directory.
    "zlib": make("zlib", "libz.a", prepare="CC=gcc ./configure"),
    "lua": make("lua5.4", "-C src MYCFLAGS='-std=gnu99 -g -Wextra -Wconversion' a"),
    "git": make("git", f"{GIT_WITHOUT} xdiff/lib.a reftable/libreftable.a $(ls builtin/[a-c]*.c | sed s/c$/o/)", clean=f"make -s {GIT_WITHOUT} clean"),
    "nginx": make("nginx", "-f objs/Makefile build", clean="find objs -name '*.o' -delete",
                  prepare="./configure --without-http_rewrite_module --without-http_gzip_module && sed -i /^CC/d objs/Makefile"),
    # Kbuild: -Wp,-MMD, -Wa,…, assembler; the kernel beside its sources.
    "busybox": make("busybox", "SKIP_STRIP=y", prepare="make -s defconfig && sed -i 's/^CONFIG_TC=y/# CONFIG_TC is not set/' .config && make -s silentoldconfig"),
    "linux": make("linux", "O=build kernel/ mm/ lib/ fs/", clean="rm -rf build", configure="make -s O=build CC='{cc}' tinyconfig prepare",
                  needs=("bc", "bison", "flex", "libelf-dev")),
    # Autoconf, libtool.
    "tmux": make("tmux", "", prepare="./configure", needs=("libevent-dev", "libncurses-dev")),
    "postgresql": make("postgresql-15", "-C src/backend/utils/adt && make -s -j{jobs} CC='{cc}' -C src/common && make -s -j{jobs} CC='{cc}' -C src/port",
                       prepare="./configure --without-readline --without-zlib && make -s -C src/backend generated-headers",
                       clean="for part in backend/utils/adt common port; do make -s -C src/$part clean; done", needs=("perl",)),
    # Makes of their own kind, with assembler made by scripts and by nasm.
    "openssl": make("openssl", "libssl.a $(grep -oE '^crypto/(aes|sha|bn|modes)/libcrypto-lib-[^ :]*\\.o' Makefile | sort -u)",
                    prepare="./Configure linux-x86_64 && make -s build_generated", clean="find . -name '*.[od]' -delete; rm -f libssl.a", needs=("perl",)),
    "ffmpeg": make("ffmpeg", "libavutil/libavutil.a libswresample/libswresample.a libavcodec/libavcodec.a",
                   prepare="./configure --disable-autodetect --disable-programs --disable-doc --disable-everything --enable-decoder=h264,flac,vp9",
                   needs=("nasm",)),
    # CMake and Ninja; C, C++, Qt with AUTOMOC.
    "jansson": cmake("jansson", "-DCMAKE_BUILD_TYPE=Debug"),
    "googletest": cmake("googletest", "-DCMAKE_BUILD_TYPE=RelWithDebInfo -Dgtest_build_tests=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON", language="C++"),
    "fmt": cmake("fmtlib", "-DCMAKE_BUILD_TYPE=Release -DFMT_TEST=OFF -DFMT_DOC=OFF", language="C++"),
    "curl": cmake("curl", "-DCMAKE_BUILD_TYPE=Release -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DCURL_DISABLE_LDAP=ON", targets="libcurl", needs=("libssl-dev",)),
    "speedcrunch": cmake("speedcrunch", "-DCMAKE_BUILD_TYPE=Release", source="src", language="C++", needs=("qtbase5-dev", "qttools5-dev")),
    # Meson.
    "glib": Project("glib2.0", clean="rm -rf build", build="ninja -C build -d keepdepfile -j{jobs} glib/libglib-2.0.so.0.7400.6 gobject/libgobject-2.0.so.0.7400.6",
                    configure="CC='{cc}' CXX='{cxx}' meson setup build -Dtests=false -Dselinux=disabled -Dlibmount=disabled",
                    needs=("meson", "ninja-build", "libffi-dev", "libpcre2-dev")),
    # A Debian package, configuration and all.
    "hello": Project("hello", with_debian=True, clean="rm -f ../hello_*.deb; debian/rules clean",
                     build="PATH={links}:$PATH DEB_BUILD_OPTIONS='nocheck parallel={jobs}' DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildpackage -b -uc -us",
                     needs=("dpkg-dev", "debhelper", "help2man", "texinfo")),
}
