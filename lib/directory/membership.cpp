#include "directory/membership.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "login/key.hpp"
#include "wire/group_words.hpp"

namespace ferrotunnel::directory {

namespace {

/// A term in which two members differ, and both values.
struct Difference {
    std::string key;
    std::string others;
    std::string own;
};

std::string counts_text(std::uint32_t counts) {
    using Counts = wire::Eject::Counts;
    std::string text;
    for (const auto& [one, word] :
         {std::pair(Counts::refused, "refused"), {Counts::resets, "reset"}, {Counts::answers_5xx, "5xx"}}) {
        text += (counts & one) != 0 ? (text.empty() ? "" : ", ") + std::string(word) : "";
    }
    return '[' + text + ']';
}

Difference difference(const wire::Eject& others, const wire::Eject& own) {
    const auto of_numbers = [](const char* key, std::uint32_t one, std::uint32_t other, const char* unit = "") {
        return Difference{key, std::to_string(one) + unit, std::to_string(other) + unit};
    };
    if (others.failures == 0 || own.failures == 0) {
        const auto text = [](std::uint32_t failures) { return failures == 0 ? "off" : std::to_string(failures); };
        return {"eject", text(others.failures), text(own.failures)};
    }
    if (others.failures != own.failures) {
        return of_numbers("eject.failures", others.failures, own.failures);
    }
    if (others.first_ms != own.first_ms) {
        return of_numbers("eject.first", others.first_ms, own.first_ms, "ms");
    }
    if (others.longest_ms != own.longest_ms) {
        return of_numbers("eject.longest", others.longest_ms, own.longest_ms, "ms");
    }
    if (others.share != own.share) {
        return of_numbers("eject.share", others.share, own.share);
    }
    if (others.counts != own.counts) {
        return {"eject.counts", counts_text(others.counts), counts_text(own.counts)};
    }
    return {"eject.all_unhealthy", others.last_too ? "refuse" : "try", own.last_too ? "refuse" : "try"};
}

Difference difference(const Membership& others, const Membership& own) {
    if (others.balance != own.balance) {
        return {"balance", std::string(word_for(others.balance)), std::string(word_for(own.balance))};
    }
    if (others.sticky != own.sticky) {
        return {"sticky", std::string(word_for(others.sticky)), std::string(word_for(own.sticky))};
    }
    return difference(others.eject, own.eject);
}

}  // namespace

// An id derived by a hash, as long as clients' random ids, so that it cannot equal one of them.
ClientId group_id(const login::TokenId& token, wire::ServiceKind kind, std::string_view name) {
    static constexpr std::string_view label = "ferrotunnel group";
    const auto bytes = [](std::string_view text) {
        return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    };
    const std::array<std::uint8_t, 2> of_kind{0, static_cast<std::uint8_t>(kind)};
    const login::Digest hash = login::sha256({bytes(label), of_kind, bytes(name)});
    ClientId id{token, {}};
    std::copy_n(hash.begin(), id.second.size(), id.second.begin());
    return id;
}

Refusal too_many_members() {
    return {wire::Code::limit, "The group has " + std::to_string(limits::group_members_max) + " members, the maximum."};
}

Refusal membership_mismatch(const Membership& others, const Membership& own) {
    const Difference what = difference(others, own);
    return {wire::Code::limit, "The other members of its group have `" + what.key + ": " + what.others +
                                   "`, and this client has `" + what.key + ": " + what.own +
                                   "`. All must be the same."};
}

}  // namespace ferrotunnel::directory
