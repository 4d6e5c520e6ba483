// $ZCCACHE_BASEDIR: checkouts below different folders share what is stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// Names the source, the folders of the search path and the forced includes below `base` relative to the working directory: in the command
/// itself, so that the compiler says and stores the same names in every checkout. Only where both names lead to the same file. `argv` gets
/// pointers into `kept`, which has to outlive it.
void name_relatively(std::string_view base, std::vector<char*>& argv, std::vector<std::string>& kept);

}  // namespace zccache::cc
