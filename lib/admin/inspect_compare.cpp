// Differences between two exchanges.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/inspect_json.hpp"
#include "http/field_name.hpp"
#include "inspect/masked_text.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::HeadView;
using inspect::RecordedMessage;

// Beyond this many pairs of lines the middle of two bodies is reported as a whole: a larger table would take too long.
constexpr std::size_t pairs_max = 4'000'000;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// JSON on one line would differ as a whole, so it is spread over lines.
std::vector<std::string> body_lines(const RecordedMessage& half) {
    const std::string plain = inspect::plain_body(half).value_or(half.body);
    const std::string type = inspect::media_type_of(HeadView(half.head).value("Content-Type"));
    if (type.ends_with("json") && !half.cut) {
        // The parser's recursion must be bounded: the size of a stored body bounds it only if the body is flat.
        const auto deep = [depth = 0](int, Json::parse_event_t event, Json&) mutable {
            depth += event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start ? 1 : 0;
            depth -= event == Json::parse_event_t::object_end || event == Json::parse_event_t::array_end ? 1 : 0;
            return depth < 64;
        };
        const Json json = Json::parse(plain, deep, false);
        if (!json.is_discarded()) {
            return lines_of(json.dump(2, ' ', false, Json::error_handler_t::replace));
        }
    }
    return lines_of(plain);
}

using Lines = std::vector<std::string>;

// The longest common part, by a table of lengths from each position to the end.
void put_middle(const Lines& a, const Lines& b, std::size_t from, std::size_t a_end, std::size_t b_end, Json& to) {
    const std::size_t rows = a_end - from;
    const std::size_t columns = b_end - from;
    std::size_t i = 0;
    std::size_t k = 0;
    if (rows * columns <= pairs_max) {
        std::vector<std::uint32_t> length((rows + 1) * (columns + 1));
        const auto at = [&](std::size_t r, std::size_t c) -> std::uint32_t& { return length[r * (columns + 1) + c]; };
        for (std::size_t r = rows; r-- > 0;) {
            for (std::size_t c = columns; c-- > 0;) {
                at(r, c) = a[from + r] == b[from + c] ? at(r + 1, c + 1) + 1 : std::max(at(r + 1, c), at(r, c + 1));
            }
        }
        while (i < rows && k < columns) {
            if (a[from + i] == b[from + k]) {
                to.push_back(' ' + a[from + i]);
                ++i;
                ++k;
            } else if (at(i + 1, k) >= at(i, k + 1)) {
                to.push_back('-' + a[from + i++]);
            } else {
                to.push_back('+' + b[from + k++]);
            }
        }
    }
    for (; i < rows; ++i) {
        to.push_back('-' + a[from + i]);
    }
    for (; k < columns; ++k) {
        to.push_back('+' + b[from + k]);
    }
}

Json body_difference(const RecordedMessage& a, const RecordedMessage& b) {
    const Lines left = body_lines(a);
    const Lines right = body_lines(b);
    Json lines = Json::array();
    if (left == right) {
        return lines;
    }
    std::size_t from = 0;
    while (from < left.size() && from < right.size() && left[from] == right[from]) {
        lines.push_back(' ' + left[from++]);
    }
    std::size_t same_behind = 0;
    while (same_behind < left.size() - from && same_behind < right.size() - from &&
           left[left.size() - 1 - same_behind] == right[right.size() - 1 - same_behind]) {
        ++same_behind;
    }
    put_middle(left, right, from, left.size() - same_behind, right.size() - same_behind, lines);
    for (std::size_t i = left.size() - same_behind; i < left.size(); ++i) {
        lines.push_back(' ' + left[i]);
    }
    return lines;
}

std::string values_of(const HeadView& head, std::string_view name) {
    std::string all;
    for (const auto& [field, value] : head.fields) {
        if (http::same_text(field, name)) {
            all.append(all.empty() ? "" : ", ").append(value);
        }
    }
    return all;
}

Json half_difference(const RecordedMessage& a, const RecordedMessage& b) {
    const HeadView left(a.head);
    const HeadView right(b.head);
    Json json = Json::object();
    if (left.line != right.line) {
        json["line"] = Json::array({left.line, right.line});
    }
    Json fields = Json::array();
    std::vector<std::string_view> seen;
    for (const HeadView* const head : {&left, &right}) {
        for (const auto& field : head->fields) {
            const std::string_view name = field.first;
            if (std::any_of(seen.begin(), seen.end(), [&](auto one) { return http::same_text(one, name); })) {
                continue;
            }
            seen.push_back(name);
            const std::string before = values_of(left, name);
            const std::string after = values_of(right, name);
            if (before != after) {
                fields.push_back(Json{{"name", name}, {"a", before}, {"b", after}});
            }
        }
    }
    json["fields"] = std::move(fields);
    json["body"] = body_difference(a, b);
    return json;
}

}  // namespace

Json difference_of(const Exchange& a, const Exchange& b) {
    return {{"a", a.id},
            {"b", b.id},
            {"request", half_difference(a.request, b.request)},
            {"answer", half_difference(a.answer, b.answer)}};
}

}  // namespace ferrotunnel::admin
