#include "plugin/test_messages.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ferrotunnel/plugin_testing.hpp"

namespace ferrotunnel::plugin {
namespace {

using hooks::BodyFilters;

bool is_same_name(std::string_view a, std::string_view b) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return small(x) == small(y); });
}

std::optional<std::string> find(const std::vector<Field>& fields, std::string_view name) {
    for (const Field& field : fields) {
        if (is_same_name(field.name, name)) {
            return field.value;
        }
    }
    return std::nullopt;
}

constexpr std::size_t all_ways_max = 8;         // bytes of a body that is cut in all ways
constexpr std::size_t every_place_max = 2'048;  // bytes of a body that is cut at every place
constexpr std::size_t seeded_ways = 64;

/// The next pseudo-random number; the same seed gives the same sequence everywhere (SplitMix64).
std::uint64_t next_random(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t made = state;
    made = (made ^ (made >> 30U)) * 0xBF58476D1CE4E5B9U;
    made = (made ^ (made >> 27U)) * 0x94D049BB133111EBU;
    return made ^ (made >> 31U);
}

std::vector<std::size_t> every_place(std::size_t size) {
    std::vector<std::size_t> cuts(size);
    for (std::size_t i = 0; i < size; ++i) {
        cuts[i] = i + 1;
    }
    return cuts;
}

void add_all_ways(std::size_t size, BodyCuts& ways) {
    for (std::size_t chosen = 0; chosen < (std::size_t{1} << size); ++chosen) {
        std::vector<std::size_t>& cuts = ways.emplace_back();
        for (std::size_t place = 1; place <= size; ++place) {
            if ((chosen >> (place - 1) & 1U) != 0) {
                cuts.push_back(place);
            }
        }
    }
}

// The ends of a server's pieces and their neighbours; the rest at random.
void add_seeded_ways(std::size_t size, std::uint64_t seed, BodyCuts& ways) {
    for (const std::size_t place :
         {std::size_t{1}, test_piece_max - 1, test_piece_max, test_piece_max + 1, size - 1, size}) {
        ways.push_back({std::min(place, size)});
    }
    for (std::size_t i = 0; i < seeded_ways; ++i) {
        std::vector<std::size_t>& cuts = ways.emplace_back();
        const std::size_t count = 1 + next_random(seed) % 16;
        for (std::size_t cut = 0; cut < count; ++cut) {
            cuts.push_back(1 + next_random(seed) % size);
        }
        std::sort(cuts.begin(), cuts.end());
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    }
}

/// Removes the available output.
void take_all(BodyFilters& filters, std::string& out) {
    while (filters.state() == BodyFilters::State::open) {
        const buffer::Slice made = filters.take();
        if (made.empty()) {
            return;
        }
        out += as_text(made.bytes());
    }
}

}  // namespace

// --- heads

std::optional<std::string> TestRequest::field(std::string_view name) const {
    return find(fields, name);
}

std::optional<std::string> TestAnswer::field(std::string_view name) const {
    return find(fields, name);
}

std::string length_of(const std::vector<Field>& fields, std::string_view body) {
    const bool is_said = find(fields, "Content-Length") || find(fields, "Transfer-Encoding");
    return body.empty() || is_said ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

std::string lines_of(const std::vector<Field>& fields) {
    std::string lines;
    for (const Field& field : fields) {
        lines += field.name + ": " + field.value + "\r\n";
    }
    return lines;
}

Written parse_head(std::string_view head) {
    Written parts;
    const auto next_line = [&] {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        return line;
    };
    parts.first_line = next_line();
    for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
        const std::size_t colon = line.find(": ");
        parts.fields.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
    }
    return parts;
}

std::string remove_field(std::vector<Field>& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return is_same_name(field.name, name); });
    std::string value;
    if (found != fields.end()) {
        value = std::move(found->value);
        fields.erase(found);
    }
    return value;
}

// --- bodies

BodyCuts body_cuts(std::size_t size, std::uint64_t seed) {
    BodyCuts ways;
    if (size <= all_ways_max) {
        add_all_ways(size, ways);
        return ways;
    }
    ways.emplace_back();  // in one piece
    if (size <= every_place_max) {
        ways.push_back(every_place(size));
        for (std::size_t place = 1; place <= size; ++place) {
            ways.push_back({place});
        }
    } else {
        add_seeded_ways(size, seed, ways);
    }
    return ways;
}

std::vector<std::string_view> pieces_of(std::string_view body, const std::vector<std::size_t>& cuts) {
    std::vector<std::string_view> pieces;
    std::size_t begun = 0;
    for (const std::size_t cut : cuts) {
        if (cut <= begun || cut > body.size()) {
            throw std::invalid_argument("a body of " + std::to_string(body.size()) + " bytes cannot be cut at " +
                                        std::to_string(cut) + " after " + std::to_string(begun));
        }
        pieces.push_back(body.substr(begun, cut - begun));
        begun = cut;
    }
    pieces.push_back(body.substr(begun));
    return pieces;
}

PassedBody pass_body(hooks::BodyFilters* filters, std::string_view body, const std::vector<std::size_t>& cuts) {
    PassedBody passed;
    const std::vector<std::string_view> pieces = pieces_of(body, cuts);
    if (filters == nullptr) {
        return {std::string(body), true};
    }
    for (std::size_t i = 0; i < pieces.size() && filters->state() == BodyFilters::State::open; ++i) {
        const bool last = i + 1 == pieces.size();
        if (filters->changes()) {
            filters->put(pieces[i], last);
            take_all(*filters, passed.bytes);
        } else {
            filters->observe(pieces[i], last);
            passed.bytes += filters->state() != BodyFilters::State::failed ? pieces[i] : std::string_view();
        }
    }
    passed.complete = filters->state() == BodyFilters::State::ended;
    return passed;
}

}  // namespace ferrotunnel::plugin
