#include "admin/inspect_resources.hpp"

#include <charconv>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "admin/inspect_har.hpp"
#include "admin/inspect_json.hpp"
#include "admin/limits.hpp"
#include "admin/query.hpp"
#include "base/text.hpp"
#include "inspect/inspector.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::Inspector;

constexpr std::size_t rows_default = 100;
constexpr std::string_view bytes_type = "application/octet-stream";

Answer unknown(std::string_view id) {
    return refusal(404, "not_found", "There is no exchange " + std::string(id) + ", or it is no longer recorded.");
}

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

struct Wanted {
    inspect::Filter filter;
    std::size_t rows = rows_default;
    std::uint64_t before = 0;  // only older ones than this; 0: all
    std::string problem;
};

Wanted wanted_in(std::string_view query) {
    Wanted wanted;
    for_each_parameter(query, [&wanted](const std::string& name, const std::string& value) {
        if (name == "method") {
            wanted.filter.method = value;
        } else if (name == "status") {
            wanted.filter.status = value;
        } else if (name == "path") {
            wanted.filter.path = value;
        } else if (name == "service") {
            wanted.filter.service = value;
        } else if (name == "text") {
            wanted.filter.text = value;
        } else if (name == "limit" && number_in(value) > 0) {
            wanted.rows = std::min<std::uint64_t>(number_in(value), limits::admin_rows_max);
        } else if (name == "before" && number_in(value) > 0) {
            wanted.before = number_in(value);
        } else if (!name.empty()) {
            wanted.problem = "Expected method, status, path, service, text, limit and before; not " + in_quotes(name) +
                             (value.empty() ? "." : " with " + in_quotes(value) + '.');
        }
    });
    return wanted;
}

// Calls `take` for each matching exchange, the newest first, until it returns false.
void visit(Inspector& inspector, const Wanted& wanted, const std::function<bool(const Exchange&)>& take) {
    for (const auto& record : inspector.records().all()) {
        if (wanted.before != 0 && record->id() >= wanted.before) {
            continue;
        }
        const Exchange exchange = record->copy();
        if (exchange.id != 0 && inspect::matches(exchange, wanted.filter) && !take(exchange)) {
            return;
        }
    }
}

Answer list(Inspector& inspector, std::string_view query) {
    const Wanted wanted = wanted_in(query);
    if (!wanted.problem.empty()) {
        return invalid(wanted.problem);
    }
    Json rows = Json::array();
    bool more = false;
    visit(inspector, wanted, [&](const Exchange& exchange) {
        more = rows.size() == wanted.rows;
        if (!more) {
            rows.push_back(row_of(exchange));
        }
        return !more;
    });
    return {200, Json{{"exchanges", std::move(rows)},
                      {"more", more},
                      {"bytes", inspector.records().bytes()},
                      {"passed_over", inspector.records().not_recorded()}}};
}

// The newest exchanges, at most as many as the caller asks for, in order of time.
Answer archive(Inspector& inspector, std::string_view query) {
    Wanted wanted = wanted_in(query);
    if (!wanted.problem.empty()) {
        return invalid(wanted.problem);
    }
    std::vector<Json> newest;
    std::size_t bytes = 0;
    visit(inspector, wanted, [&](const Exchange& exchange) {
        if (exchange.kind != Exchange::Kind::http || exchange.request.head.empty()) {
            return true;
        }
        Json entry = har_entry(exchange);
        bytes += text_of(entry).size();
        if (bytes > limits::admin_answer_max / 2 || newest.size() == wanted.rows) {
            return false;
        }
        newest.push_back(std::move(entry));
        return true;
    });
    return {200, har_of(Json(std::vector<Json>(newest.rbegin(), newest.rend())))};
}

Answer curl(const Exchange& exchange) {
    std::optional<std::string> command = inspect::curl_command(exchange);
    if (!command) {
        return refusal(409, "not_whole", "The request was not recorded completely.");
    }
    return {200, Json{{"curl", std::move(*command)}, {"masked", exchange.request.masked}}};
}

Answer body(const inspect::RecordedMessage& half, std::string_view query) {
    if (query == "?raw") {
        return {200, {}, half.body, bytes_type};
    }
    std::optional<std::string> plain = inspect::plain_body(half);
    if (!query.empty() || !plain) {
        return refusal(409, "not_decoded", "The content coding is not supported. Use ?raw to get the encoded body.");
    }
    return {200, {}, std::move(*plain), bytes_type};
}

Answer replay(const Request& request, Subject& subject, Inspector& inspector, const inspect::Record& record) {
    const Exchange exchange = record.copy();
    const std::optional<Json> edits = object_in(request.body);
    if (!edits) {
        return invalid("The body must be a JSON object, nested at most 32 deep.");
    }
    ReplayRequest again = build_replay(exchange, record.original(Clock::now()), inspector.settings().secrets, *edits);
    if (again.refused) {
        return std::move(*again.refused);
    }
    const std::uint64_t id = inspector.records().next_id();
    if (std::string why = subject.replay(exchange.service, std::move(again.bytes), id, exchange.id); !why.empty()) {
        return refusal(409, "not_here", std::move(why));
    }
    // Names fields with masked values that were left out: a search for their names would find nothing.
    return {202, Json{{"id", id}, {"replay_of", exchange.id}, {"left_out", Json::array()}}};
}

Answer about_one(const Request& request, Subject& subject, Inspector& inspector, std::string_view rest) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view what = rest.substr(slash);
    const auto record = inspector.records().find(number_in(rest.substr(0, slash)));
    if (!record) {
        return unknown(rest.substr(0, slash));
    }
    if (what == "/replay") {
        return request.method == "POST" ? replay(request, subject, inspector, *record) : wrong_method("POST");
    }
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    const Exchange exchange = record->copy();
    if (what.empty()) {
        return {200, whole_of(exchange)};
    }
    if (what == "/curl") {
        return curl(exchange);
    }
    if (what == "/request/body" || what == "/answer/body") {
        return body(what == "/request/body" ? exchange.request : exchange.answer, request.query);
    }
    if (constexpr std::string_view diff = "/diff/"; what.starts_with(diff)) {
        const auto other = inspector.records().find(number_in(what.substr(diff.size())));
        return other ? Answer{200, difference_of(exchange, other->copy())} : unknown(what.substr(diff.size()));
    }
    return refusal(404, "not_found", "An exchange has no part " + in_quotes(what) + '.');
}

}  // namespace

Answer answer_about_exchanges(const Request& request, Subject& subject) {
    const std::shared_ptr<Inspector> inspector = subject.inspector();
    if (!inspector) {
        return refusal(404, "not_here", "Recording is off here. Start a client with `inspect: on` (--inspect on).");
    }
    const std::string_view rest = request.path.substr(exchanges_path.size());
    if (rest.empty() && request.method == "DELETE") {
        inspector->records().clear();
        return {200, Json{{"cleared", true}}};
    }
    if (rest.empty() || rest == ".har") {
        if (request.method != "GET") {
            return wrong_method(rest.empty() ? "GET and DELETE" : "GET");
        }
        return rest.empty() ? list(*inspector, request.query) : archive(*inspector, request.query);
    }
    if (!rest.starts_with('/')) {
        return refusal(404, "not_found", "There is no resource " + in_quotes(request.path) + " in version 1.");
    }
    return about_one(request, subject, *inspector, rest.substr(1));
}

}  // namespace ferrotunnel::admin
