// What a report of applied settings says has changed, as texts.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/apply.hpp"

namespace ferrotunnel::test {

inline std::vector<std::string> texts_of(const ApplyReport& report) {
    std::vector<std::string> texts;
    for (const ApplyReport::Change& change : report.applied) {
        texts.push_back(to_text(change));
    }
    return texts;
}

}  // namespace ferrotunnel::test
