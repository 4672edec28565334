#include "etcd_store/claim_keys.hpp"

#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "etcd_store/mutant.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::StoreAnswer;
using etcd::KeyRange;

constexpr char separator = ' ';
constexpr char after_separator = '!';

std::string encoded(std::string_view text) {
    std::string key;
    for (const char letter : text) {
        const auto byte = static_cast<std::uint8_t>(letter);
        if (byte <= 0x20 || byte >= 0x7f || letter == '%') {
            key += '%';
            append_hex(key, byte);
        } else {
            key += letter;
        }
    }
    return key;
}

std::string owner_text(const ClaimedName& claimed) {
    std::string text = to_hex(claimed.owner.party) + "-";
    std::uint8_t terms[8];
    store_be<8>(terms, claimed.terms);
    return text + to_hex(terms);
}

// The keys `base`, or those that begin with `base` and a separator, without `own` and those that begin with it.
struct Others {
    KeyRange before;
    KeyRange behind;
};
Others others(const std::string& base, const std::string& own) {
    return {{base + separator, base + separator + own},
            {base + separator + own + after_separator, base + after_separator}};
}

etcd::Compare is_empty(KeyRange keys) {
    return {std::move(keys), etcd::Compare::Target::version, etcd::Compare::Result::equal, 0};
}

// Of other tokens the first key is a reservation, and a claim follows it, if there is one.
etcd::Read first_two_of(KeyRange keys) {
    etcd::Read read;
    read.keys = std::move(keys);
    read.limit = 2;
    read.has_values = false;
    return read;
}

// The places of the reads in a claim's transaction.
constexpr std::size_t first_of_owners = 2;

std::vector<std::string_view> parts_of(std::string_view key) {
    std::vector<std::string_view> parts;
    for (std::size_t end = 0; end != std::string_view::npos && parts.size() < 8;) {
        end = key.find(separator);
        parts.push_back(key.substr(0, end));
        key.remove_prefix(end == std::string_view::npos ? key.size() : end + 1);
    }
    return parts;
}

// A key that is not one of ours owns like one: who can write here can refuse names in any case.
StoreAnswer refusal_of(const ClaimedName& claimed, const std::string& key, bool is_of_token) {
    const std::vector<std::string_view> parts = parts_of(key);
    if (!is_of_token) {
        return {parts.size() == 2 ? StoreAnswer::Kind::reserved : StoreAnswer::Kind::other_token, {}};
    }
    if (parts.size() != 5) {
        return {StoreAnswer::Kind::other_owner, "of an unknown key"};
    }
    const bool is_same_party = parts[3].starts_with(to_hex(claimed.owner.party) + "-");
    return {is_same_party ? StoreAnswer::Kind::other_terms : StoreAnswer::Kind::other_owner, std::string(parts[4])};
}

}  // namespace

std::string ClaimKeys::root_key(const cluster::Name& name) const {
    return prefix_ + "claim/" + encoded(name.root());
}

std::string ClaimKeys::reservation_key(const ClaimedName& claimed) const {
    return root_key(claimed.name) + separator + to_hex(claimed.owner.token);
}

std::string ClaimKeys::path_key(const ClaimedName& claimed) const {
    const std::string_view rest = std::string_view(claimed.name.encoded()).substr(claimed.name.root().size());
    return reservation_key(claimed) + separator + (rest.empty() ? "-" : encoded(rest.substr(1)));
}

std::string ClaimKeys::claim_key(const ClaimedName& claimed) const {
    return path_key(claimed) + separator + owner_text(claimed) + separator + member_;
}

// With the conditions in the order of the reads of claim().
void ClaimKeys::add_claim(etcd::Transaction& transaction, const LeasedClaim& claim, etcd::LeaseId live,
                          bool is_first_of_root) const {
    const ClaimedName& claimed = *claim.claimed;
    if (is_first_of_root) {
        Others tokens = mutant(Mutant::others_ignored) ? Others{{"none", {}}, {"none", {}}}
                                                       : others(root_key(claimed.name), to_hex(claimed.owner.token));
        transaction.conditions.push_back(is_empty(std::move(tokens.before)));
        transaction.conditions.push_back(is_empty(std::move(tokens.behind)));
        transaction.then.emplace_back(etcd::Put{reservation_key(claimed), {}, claim.reserving});
    }
    Others owners = mutant(Mutant::owners_ignored) ? Others{{"none", {}}, {"none", {}}}
                                                   : others(path_key(claimed), owner_text(claimed));
    transaction.conditions.push_back(is_empty(std::move(owners.before)));
    transaction.conditions.push_back(is_empty(std::move(owners.behind)));
    transaction.then.emplace_back(etcd::Put{claim_key(claimed), {}, live});
}

etcd::Transaction ClaimKeys::claim(const ClaimedName& claimed, etcd::LeaseId live, etcd::LeaseId reserving) const {
    etcd::Transaction transaction;
    add_claim(transaction, {&claimed, reserving}, live, true);
    for (const etcd::Compare& condition : transaction.conditions) {
        transaction.otherwise.emplace_back(first_two_of(condition.keys));
    }
    return transaction;
}

etcd::Transaction ClaimKeys::claims(const std::vector<LeasedClaim>& claims, etcd::LeaseId live) const {
    etcd::Transaction transaction;
    std::set<std::string_view> roots;  // a key may be put once
    for (const LeasedClaim& claim : claims) {
        add_claim(transaction, claim, live, roots.insert(claim.claimed->name.root()).second);
    }
    return transaction;
}

StoreAnswer ClaimKeys::answer_of(const ClaimedName& claimed, const etcd::TransactionAnswer& answer) {
    if (answer.succeeded) {
        return {StoreAnswer::Kind::granted, {}};
    }
    for (std::size_t i = 0; i < answer.answers.size(); ++i) {
        const auto* const found = std::get_if<etcd::ReadAnswer>(&answer.answers[i]);
        if (found != nullptr && !found->pairs.empty()) {
            const bool is_of_token = i >= first_of_owners;
            return refusal_of(claimed, (is_of_token ? found->pairs.front() : found->pairs.back()).key, is_of_token);
        }
    }
    return {StoreAnswer::Kind::unavailable, "its answer contradicts itself"};
}

etcd::Transaction ClaimKeys::look() const {
    etcd::Transaction transaction;
    transaction.then = {first_two_of({prefix_ + "claim/", {}})};
    return transaction;
}

etcd::Transaction ClaimKeys::attempt(etcd::LeaseId live) const {
    etcd::Transaction transaction;
    transaction.then = {etcd::Put{prefix_ + "attempt/" + member_, {}, live}};
    return transaction;
}

etcd::Transaction ClaimKeys::release(const ClaimedName& claimed, etcd::LeaseId live) const {
    etcd::Transaction transaction;
    const KeyRange key{claim_key(claimed), {}};
    if (!mutant(Mutant::foreign_release)) {
        transaction.conditions = {{key, etcd::Compare::Target::lease, etcd::Compare::Result::equal, live}};
    }
    transaction.then = {etcd::Delete{key}};
    return transaction;
}

etcd::Transaction ClaimKeys::reserve(const ClaimedName& released, etcd::LeaseId lease) const {
    const std::string key = reservation_key(released);
    etcd::Transaction transaction;
    transaction.conditions = {is_empty({key + separator, key + after_separator})};
    if (lease != 0) {
        transaction.then = {etcd::Put{key, {}, lease}};
    } else {
        transaction.then = {etcd::Delete{{key, {}}}};
    }
    return transaction;
}

}  // namespace ferrotunnel::etcd_store
