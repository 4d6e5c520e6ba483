// ZCCACHE_BASEDIR: sources below it are named relative to the working directory, so that checkouts share.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// Names inputs and search directories that lie below `base` relative to `here`, where both names lead to one file. New words are in `kept`.
void name_relatively(std::string_view base, const std::string& here, std::vector<char*>& argv, std::deque<std::string>& kept);

}  // namespace zccache::cc
