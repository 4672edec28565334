#include "audit/line.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "audit/record.hpp"
#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "login/key.hpp"

namespace ferrotunnel::audit {
namespace {

constexpr std::string_view front = "{\"seq\":";
constexpr std::string_view middle = ",\"time\":\"";
constexpr std::string_view link = ",\"prev\":\"";
constexpr std::string_view back = "\"}";
constexpr std::size_t hash_digits = 64;
constexpr std::string_view event_key = "\"event\":\"";

bool is_hash(std::string_view text) noexcept {
    return text.size() == hash_digits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// Removes a number without leading zeros from the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || (text.front() == '0' && digits > 1)) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, std::string_view expected) noexcept {
    const bool is_there = text.starts_with(expected);
    text.remove_prefix(is_there ? expected.size() : 0);
    return is_there;
}

std::string_view without_line_end(std::string_view text) noexcept {
    text.remove_suffix(text.ends_with('\n') ? 1 : 0);
    return text;
}

}  // namespace

std::string_view Link::event() const noexcept {
    const std::size_t at = body.find(event_key);
    const std::string_view rest = at == std::string_view::npos ? "" : body.substr(at + event_key.size());
    return rest.substr(0, rest.find('"'));
}

std::string hash_of(std::string_view text) {
    return to_hex(login::sha256({as_bytes(text)}));
}

std::optional<Link> read_line(std::string_view line) {
    constexpr std::size_t end = link.size() + hash_digits + back.size();
    std::string_view rest = line;
    if (!take(rest, front) || rest.empty()) {
        return std::nullopt;
    }
    const auto sequence = take_number(rest);
    if (!sequence || *sequence == 0 || !rest.starts_with(middle) || rest.size() < end || !rest.ends_with(back)) {
        return std::nullopt;
    }
    std::string_view ending = rest.substr(rest.size() - end);
    const std::string_view hash = ending.substr(link.size(), hash_digits);
    if (!ending.starts_with(link) || !is_hash(hash) || rest.find('\n') != std::string_view::npos) {
        return std::nullopt;
    }
    rest.remove_prefix(1);  // the comma
    return Link{{*sequence - 1, std::string(hash)}, rest.substr(0, rest.size() - end)};
}

bool may_begin_line(std::string_view text) noexcept {
    const auto agree = [](std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); };
    if (!take(text, front)) {
        return front.starts_with(text);
    }
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    return digits == 0 ? text.empty() : agree(text.substr(digits), middle);
}

void append_line(std::string& to, Head& head, std::string_view body) {
    const std::size_t begin = to.size();
    to += front;
    to += std::to_string(++head.sequence);
    to += ',';
    to += body;
    to += link;
    to += head.hash;
    to += back;
    head.hash = hash_of(std::string_view(to).substr(begin));
    to += '\n';
}

Fragment fragment_of(std::string_view text) {
    return {text.size(), hash_of(text)};
}

std::string torn_record(const Fragment& fragment) {
    Record record(torn_event);
    record.add("bytes", fragment.bytes).add("sha256", fragment.hash);
    return std::move(record).text();
}

std::optional<Fragment> fragment_in(std::string_view body) {
    constexpr std::string_view bytes_key = "\"bytes\":";
    const std::size_t at = body.find(event_key);
    std::string_view rest = at == std::string_view::npos ? "" : body.substr(at);
    if (!take(rest, event_key) || !take(rest, torn_event) || !take(rest, "\",") || !take(rest, bytes_key) ||
        rest.empty()) {
        return std::nullopt;
    }
    const auto bytes = take_number(rest);
    if (!bytes || !take(rest, ",\"sha256\":\"") || !is_hash(rest.substr(0, hash_digits))) {
        return std::nullopt;
    }
    return Fragment{*bytes, std::string(rest.substr(0, hash_digits))};
}

std::optional<Tail> read_tail(std::string_view text) {
    std::size_t end = text.rfind('\n');
    while (end != std::string_view::npos) {
        const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::string_view line = text.substr(begin, end - begin);
        if (const auto read = read_line(line)) {
            const std::string_view rest = text.substr(end + 1);
            return Tail{{read->sequence(), hash_of(line)},
                        rest.empty() ? std::nullopt : std::optional(std::string(without_line_end(rest))),
                        text.ends_with('\n')};
        }
        end = before;
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::audit
