// The header of Catch2 2, by the headers of Catch2 3, for systems that have the newer one.
#pragma once

#include <catch2/catch_all.hpp>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;

inline auto Contains(const std::string& part) {
    return Matchers::ContainsSubstring(part);
}

}  // namespace Catch
