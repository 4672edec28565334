#include "login/rights.hpp"

#include <algorithm>

namespace ferrotunnel::login {

bool Rights::allows(wire::ServiceKind kind) const noexcept {
    return !kinds || std::find(kinds->begin(), kinds->end(), kind) != kinds->end();
}

bool Rights::lets_visit(std::string_view token) const noexcept {
    return !token.empty() && std::find(visited_by.begin(), visited_by.end(), token) != visited_by.end();
}

std::string names_of(const std::vector<wire::ServiceKind>& kinds) {
    std::string text;
    for (const wire::ServiceKind kind : kinds) {
        text += text.empty() ? "" : ", ";
        text += name_of(kind);
    }
    return text.empty() ? "none" : text;
}

std::string_view name_of(wire::ServiceKind kind) noexcept {
    for (const KindName& known : service_kinds) {
        if (known.kind == kind) {
            return known.name;
        }
    }
    return {};
}

std::optional<wire::ServiceKind> kind_named(std::string_view name) noexcept {
    for (const KindName& known : service_kinds) {
        if (known.name == name) {
            return known.kind;
        }
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::login
