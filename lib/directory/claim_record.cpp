#include "directory/claim_record.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/hex.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr std::string_view first_line = "ferrotunnel claims 1";

// Accepts only the form in which we write it.
std::optional<login::TokenId> token_of(std::string_view text) {
    login::TokenId id{};
    return from_hex(text, id) && to_hex(id) == text ? std::optional(id) : std::nullopt;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// Splits a line into words, the last of which may contain spaces.
class Words {
public:
    explicit Words(std::string_view line) : rest_(line) {}
    std::string_view next() {
        const std::size_t space = rest_.find(' ');
        const std::string_view word = rest_.substr(0, space);
        rest_.remove_prefix(space == std::string_view::npos ? rest_.size() : space + 1);
        return word;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

void read_line(std::string_view line, ClaimRecord& record) {
    Words words(line);
    const std::string_view kind = words.next();
    const auto owner = token_of(words.next());
    if (!owner) {
        return;
    }
    if (kind == "host" && record.hosts.size() < ClaimRecord::entries_max) {
        const auto seconds = number_of<std::int64_t>(words.next());
        const std::string host(words.next());
        // A later time would overflow in arithmetic with other times.
        if (seconds && *seconds >= 0 && *seconds < 1LL << 32 && !host.empty() && !words.rest().empty()) {
            const std::chrono::sys_seconds at{std::chrono::seconds(*seconds)};
            record.hosts.push_back({*owner, host, std::string(words.rest()), at});
        }
    } else if (kind == "assigned" && record.assigned.size() < ClaimRecord::entries_max) {
        const std::string host(words.next());
        if (!host.empty()) {
            record.assigned.push_back({*owner, std::string(words.rest()), host});
        }
    } else if ((kind == "port" || kind == "udp") && record.ports.size() < ClaimRecord::entries_max) {
        const bool has_address = words.rest().find(' ') != std::string_view::npos;
        const auto port = number_of<std::uint16_t>(words.next());
        if (port && *port != 0 && has_address == !words.rest().empty()) {
            record.ports.push_back(
                {*owner, *port, kind == "udp" ? Transport::udp : Transport::tcp, std::string(words.rest())});
        }
    }
}

std::string line_of(const ClaimRecord::Host& host) {
    return "host " + to_hex(host.owner) + ' ' + std::to_string(host.offline_since.time_since_epoch().count()) + ' ' +
           host.host + ' ' + host.path + '\n';
}
std::string line_of(const ClaimRecord::Assigned& assigned) {
    return "assigned " + to_hex(assigned.owner) + ' ' + assigned.host + ' ' + assigned.service + '\n';
}
std::string line_of(const ClaimRecord::Port& port) {
    return (port.transport == Transport::udp ? "udp " : "port ") + to_hex(port.owner) + ' ' +
           std::to_string(port.port) + (port.address.empty() ? "" : " " + port.address) + '\n';
}

template <typename Record, typename Action>
void for_each_kind(Record& record, Action action) {
    action(record.hosts);
    action(record.assigned);
    action(record.ports);
}

// The share of bytes of each token so that the total is at most `most`: a token that wants less gets what it wants, and
// all others get equal shares.
std::size_t fair_share(std::vector<std::size_t> wanted, std::size_t most) {
    std::sort(wanted.begin(), wanted.end());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const std::size_t share = most / (wanted.size() - i);
        if (wanted[i] > share) {
            return share;
        }
        most -= wanted[i];
    }
    return most;
}

}  // namespace

void share_out(ClaimRecord& record, std::size_t entries_max, std::size_t bytes_max) {
    struct Use {
        std::size_t wanted = 0;
        std::size_t had = 0;
    };
    std::map<login::TokenId, Use> uses;
    const auto cost = [&](const auto& entry) { return std::max(line_of(entry).size(), bytes_max / entries_max); };
    for_each_kind(record, [&](auto& entries) {
        for (const auto& entry : entries) {
            uses[entry.owner].wanted += cost(entry);
        }
    });
    std::size_t all = 0;
    std::vector<std::size_t> wanted;
    for (const auto& [owner, use] : uses) {
        wanted.push_back(use.wanted);
        all += use.wanted;
    }
    const std::size_t most = bytes_max - std::min(bytes_max, first_line.size() + 1);
    if (all <= most) {
        return;
    }
    const std::size_t share = fair_share(std::move(wanted), most);
    for_each_kind(record, [&](auto& entries) {
        std::erase_if(entries, [&](const auto& entry) {
            Use& use = uses[entry.owner];
            use.had += cost(entry);
            return use.wanted > share && use.had > share;
        });
    });
}

std::string write_claims(const ClaimRecord& record) {
    std::string text(first_line);
    text += '\n';
    for_each_kind(record, [&text](const auto& entries) {
        for (const auto& entry : entries) {
            text += line_of(entry);
        }
    });
    return text;
}

ClaimRecord read_claims(std::string_view text) {
    ClaimRecord record;
    if (!text.starts_with(first_line)) {
        return record;  // another version, or another file
    }
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            break;  // a line without its end is incomplete
        }
        read_line(text.substr(0, end), record);
        text.remove_prefix(end + 1);
    }
    return record;
}

}  // namespace ferrotunnel::directory
