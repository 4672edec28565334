#include "ferrotunnel/apply.hpp"

namespace ferrotunnel {

std::string to_text(const ApplyReport::Change& change) {
    using Kind = ApplyReport::Change::Kind;
    const char* what = change.kind == Kind::added ? "added" : change.kind == Kind::removed ? "removed" : "changed";
    return change.key + (change.name.empty() ? "" : " " + change.name) + ' ' + what;
}

}  // namespace ferrotunnel
