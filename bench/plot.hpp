// Pictures of a result, by gnuplot.
#pragma once

#include <filesystem>
#include <string>

#include "trial.hpp"

namespace zccache::bench {

/// Throws unless plots can be made: gnuplot is there and `directory` exists or can be made. To be asked before an hour of measuring.
void prepare_plots(const std::filesystem::path& directory);

/// One SVG for each thing measured: bars where it was measured at one size, else lines over the sizes.
void plot(const std::string& benchmark, const Rows& rows, const std::filesystem::path& directory);

}  // namespace zccache::bench
