#include "directory/shared_use.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/hex.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr std::string_view use_prefix = "use/";
constexpr std::size_t client_digits = 16;

std::string client_text(const wire::InstanceId& instance) {
    return to_hex(Bytes(instance).first(client_digits / 2));
}

// A number below 2^32, so that sums cannot wrap around; the counter of admitted visitors has all 64 bits.
std::optional<std::uint64_t> number_in(std::string_view text, std::uint64_t most = 0xffff'ffff) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
    return is_whole && number <= most ? std::optional(number) : std::nullopt;
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

}  // namespace

std::string TokenCounts::text() const {
    std::string text = std::to_string(visitors) + ' ' + std::to_string(connections) + ' ' + std::to_string(admitted) +
                       ' ' + std::to_string(more_services);
    for (const auto& [client, count] : services) {
        text.append(" ").append(client).append(":").append(std::to_string(count));
    }
    return text;
}

std::optional<TokenCounts> TokenCounts::read(std::string_view text) {
    const auto visitors = number_in(take_word(text));
    const auto connections = number_in(take_word(text));
    const auto admitted = number_in(take_word(text), ~std::uint64_t{0});
    const auto more = number_in(take_word(text));
    if (!visitors || !connections || !admitted || !more) {
        return std::nullopt;
    }
    TokenCounts counts{*visitors, *connections, *admitted, *more};
    while (!text.empty()) {
        const std::string_view word = take_word(text);
        const std::size_t colon = word.find(':');
        const auto count = colon == client_digits ? number_in(word.substr(colon + 1)) : std::nullopt;
        if (!count || counts.services.size() >= clients_max) {
            return std::nullopt;
        }
        counts.services[std::string(word.substr(0, colon))] = *count;
    }
    return counts;
}

SharedUse::SharedUse(Needs needs)
    : needs_(std::move(needs)), own_prefix_(std::string(use_prefix) + needs_.values.own_member() + '/') {}

void SharedUse::watch() {
    needs_.values.watch(std::string(use_prefix),
                        [weak = weak_from_this()](const std::string& key, const std::optional<ClusterValue>& value) {
                            if (const auto self = weak.lock()) {
                                self->told(key, value);
                            }
                        });
}

void SharedUse::tick() {
    const TimePoint now = needs_.now();
    const std::shared_ptr<const RightRules> rules = needs_.registry.rules();
    rules->for_each_quota([this, now](const login::TokenId& token, const login::Rights&) { publish(token, now); });
    const auto is_gone = [&rules](const auto& one) { return !rules->has_token(one.first); };
    std::erase_if(published_, is_gone);
    std::erase_if(told_, is_gone);
    const std::vector<std::string> linked = needs_.values.linked_members();
    for (auto& [token, members] : told_) {
        forget_ended(members, linked);
    }
    std::erase_if(told_, [](const auto& one) { return one.second.empty(); });
    for (const auto& [token, members] : told_) {
        add_up(token);  // services of a client that is here as well may have changed here
    }
}

void SharedUse::publish(const login::TokenId& token, TimePoint now) {
    const TokenUse::Own own = needs_.use.own(token);
    TokenCounts counts{own.visitors, needs_.registry.sessions_of(token), own.admitted};
    for (const auto& [client, services] : own.services) {
        if (counts.services.size() < TokenCounts::clients_max) {
            counts.services[client_text(client)] += services;
        } else {
            counts.more_services += services;
        }
    }
    const auto before = published_.find(token);
    const bool is_new = before == published_.end();
    if (is_new ? counts.is_unused() && counts.admitted == 0
               : before->second.counts == counts && (counts.is_unused() || now - before->second.at < renewal)) {
        return;
    }
    if (needs_.values.set(own_prefix_ + to_hex(token), counts.text(), lifetime)) {
        published_[token] = {std::move(counts), now};
    }
}

void SharedUse::told(const std::string& key, const std::optional<ClusterValue>& value) {
    const std::size_t slash = key.find('/', use_prefix.size());
    login::TokenId token{};
    if (key.starts_with(own_prefix_) || slash == std::string::npos ||
        !from_hex(std::string_view(key).substr(slash + 1), token)) {
        return;
    }
    const std::string member = key.substr(use_prefix.size(), slash - use_prefix.size());
    std::optional<TokenCounts> counts =
        value && value->member == member ? TokenCounts::read(value->text) : std::nullopt;
    const std::shared_ptr<const RightRules> rules = needs_.registry.rules();
    if (!rules->has_token(token) || (!counts && !told_.contains(token))) {
        return;
    }
    auto& members = told_[token];
    // The names in keys are not checked: a member that lies must not let this grow. A count is kept only of a member
    // that has told one.
    if (!members.contains(member)) {
        if (counts && members.size() >= members_max) {
            forget_ended(members, needs_.values.linked_members());  // since the last tick
        }
        if (!counts || members.size() >= members_max) {
            return;
        }
    }
    const auto [known, is_first] = members.try_emplace(member);
    if (counts) {
        const bool has_restarted = counts->admitted < known->second.admitted;
        const std::uint64_t since = has_restarted ? 0 : known->second.admitted;
        if (!is_first) {
            needs_.use.admitted_elsewhere(token, counts->admitted - since, *rules->of(token), needs_.now());
        }
        known->second.admitted = counts->admitted;
    }
    known->second.counts = std::move(counts);
    add_up(token);
}

// What a member has admitted is kept while it is linked, since its value ends each time that it has no visitor. A
// member without a link can tell nothing, and may never return: in some clusters each start has another name.
void SharedUse::forget_ended(std::map<std::string, Told>& members, const std::vector<std::string>& linked) {
    std::erase_if(members, [&linked](const auto& one) {
        return !one.second.counts && std::ranges::find(linked, one.first) == linked.end();
    });
}

// A client at several members counts once: with the most services that it has at one of them.
void SharedUse::add_up(const login::TokenId& token) {
    TokenUse::Elsewhere sum;
    std::size_t connections = 0;
    std::map<std::string, std::uint64_t> services;
    for (const auto& [member, told] : told_[token]) {
        if (!told.counts) {
            continue;
        }
        sum.visitors += told.counts->visitors;
        connections += told.counts->connections;
        sum.services += told.counts->more_services;
        for (const auto& [client, count] : told.counts->services) {
            services[client] = std::max(services[client], count);
        }
    }
    if (!services.empty()) {
        for (const auto& [client, count] : needs_.use.own(token).services) {
            if (const auto same = services.find(client_text(client)); same != services.end()) {
                same->second -= std::min<std::uint64_t>(same->second, count);
            }
        }
    }
    for (const auto& [client, count] : services) {
        sum.services += count;
    }
    needs_.use.set_elsewhere(token, sum);
    needs_.registry.set_elsewhere(token, connections);
}

}  // namespace ferrotunnel::directory
