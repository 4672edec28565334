#include "admin/resources.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "admin/inspect_resources.hpp"
#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::string_view services_path = "/v1/services";
constexpr std::string_view one_service = "/v1/services/";
constexpr std::string_view one_client = "/v1/clients/";
constexpr double drain_seconds_max = 10'000'000;
constexpr double kick_seconds_min = 1;
constexpr double kick_seconds_max = 2'592'000;

// Whether brackets are nested so little that recursion on the content is harmless.
bool is_shallow(std::string_view json) noexcept {
    std::size_t depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < json.size() && depth <= limits::admin_nesting_max; ++i) {
        if (in_text && json[i] == '\\') {
            ++i;
        } else if (json[i] == '"') {
            in_text = !in_text;
        } else if (!in_text && (json[i] == '{' || json[i] == '[')) {
            ++depth;
        } else if (!in_text && (json[i] == '}' || json[i] == ']')) {
            depth -= depth > 0 ? 1 : 0;
        }
    }
    return depth <= limits::admin_nesting_max;
}

Answer no_object() {
    return invalid("The body must be a JSON object, nested at most 32 deep.");
}

Answer read(const Request& request, Subject& subject, Answer (Subject::*what)()) {
    return request.method == "GET" ? (subject.*what)() : wrong_method("GET");
}

Answer kick(const Request& request, Subject& subject) {
    const std::optional<Json> body = object_in(request.body);
    const std::size_t seconds_given = body && body->contains("seconds") ? 1 : 0;
    if (!body || body->size() != 1 + seconds_given || !body->contains("client")) {
        return invalid(
            R"(Expected {"client": ...}, with the name or the id of a client, and "seconds" to keep it out.)");
    }
    std::chrono::milliseconds out{0};
    if (seconds_given != 0) {
        const Json& value = body->at("seconds");
        const double seconds = value.is_number() ? value.get<double>() : -1;
        if (!(seconds >= kick_seconds_min && seconds <= kick_seconds_max)) {
            return invalid("`seconds` must be from 1 to 2592000 (30 days): how long the client is kept out.");
        }
        out = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
    }
    const Json& client = body->at("client");
    if (client.is_number_unsigned()) {
        return subject.kick(std::to_string(client.get<std::uint64_t>()), out);
    }
    if (!client.is_string() || client.get_ref<const std::string&>().empty()) {
        return invalid("`client` must be a name or an id.");
    }
    return subject.kick(client.get<std::string>(), out);
}

Answer drain(const Request& request, Subject& subject) {
    const std::optional<Json> body = object_in(request.body);
    if (!body) {
        return no_object();
    }
    std::optional<std::chrono::milliseconds> time;
    for (const auto& [key, value] : body->items()) {
        const double seconds = value.is_number() ? value.get<double>() : -1;
        if (key != "seconds" || !(seconds >= 0 && seconds <= drain_seconds_max)) {
            return invalid(R"(Expected {"seconds": ...}, the time that visitors have to finish, or an empty body.)");
        }
        time = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
    }
    return subject.drain(time);
}

Answer reload(const Request& request, Subject& subject) {
    const std::optional<Json> body = object_in(request.body);
    if (body && body->empty()) {
        return subject.reload();
    }
    if (body && body->size() == 1 && body->contains("confirm") && body->at("confirm") == Json(true)) {
        return subject.try_reload(std::nullopt);
    }
    const double seconds =
        body && body->size() == 1 && body->contains("try_seconds") && body->at("try_seconds").is_number()
            ? body->at("try_seconds").get<double>()
            : 0;
    if (!(seconds >= static_cast<double>(limits::admin_trial_min.count()) &&
          seconds <= static_cast<double>(limits::admin_trial_max.count()))) {
        return invalid(R"(Expected an empty body, {"try_seconds": 1 to 86400} or {"confirm": true}.)");
    }
    return subject.try_reload(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000)));
}

Answer keep_is_a_boolean() {
    return invalid("`keep` must be true or false.");
}

// `keep` is a member beside the service's description, and not a part of it. Empty if it is not a valid boolean.
std::optional<bool> take_keep(Json& body) {
    const auto found = body.find("keep");
    if (found == body.end()) {
        return false;
    }
    const std::optional<bool> keep = found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
    body.erase("keep");
    return keep;
}

Answer services(const Request& request, ServiceSubject& subject) {
    if (request.method == "GET") {
        return subject.services();
    }
    if (request.method != "POST") {
        return wrong_method("GET and POST");
    }
    std::optional<Json> body = object_in(request.body);
    if (!body) {
        return no_object();
    }
    const std::optional<bool> keep = take_keep(*body);
    return keep ? subject.add_service(*body, *keep) : keep_is_a_boolean();
}

Answer remove_service(const Request& request, ServiceSubject& subject, const std::string& name) {
    std::optional<Json> body = object_in(request.body);
    if (!body) {
        return no_object();
    }
    const std::optional<bool> keep = take_keep(*body);
    if (!keep) {
        return keep_is_a_boolean();
    }
    return body->empty() ? subject.remove_service(name, *keep)
                         : invalid(R"(Expected an empty body, or {"keep": true}.)");
}

Answer switch_service(const Request& request, ServiceSubject& subject, const std::string& name, const std::string& by) {
    const std::optional<Json> body = object_in(request.body);
    if (!body || body->size() != 1 || !body->contains("enabled") || !body->at("enabled").is_boolean()) {
        return invalid(R"(Expected {"enabled": true} or {"enabled": false}.)");
    }
    return subject.switch_service(name, body->at("enabled").get<bool>(), by);
}

Answer one_service_of(const Request& request, ServiceSubject& subject, const std::string& by) {
    const std::string name = percent_decoded(request.path.substr(one_service.size()));
    if (request.method == "DELETE") {
        return remove_service(request, subject, name);
    }
    return request.method == "POST" ? switch_service(request, subject, name, by) : wrong_method("DELETE and POST");
}

Answer post(const Request& request, Subject& subject, Answer (*what)(const Request&, Subject&)) {
    return request.method == "POST" ? what(request, subject) : wrong_method("POST");
}

// "/v1/clients/NAME/services...": forwarded to the client as "/v1/services...".
Answer request_client(const Request& request, Subject& subject) {
    const std::string_view rest = request.path.substr(one_client.size());
    const std::size_t end = rest.find('/');
    const std::string_view path = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    if (end == 0 || (path != "/services" && !path.starts_with("/services/"))) {
        return refusal(404, "not_found", "Only /v1/clients/NAME/services and the paths below it exist.");
    }
    const std::optional<Json> body = object_in(request.body);
    if (!body) {
        return no_object();
    }
    return subject.request_client(
        percent_decoded(rest.substr(0, end)),
        Json{{"method", request.method}, {"path", "/v1" + std::string(path)}, {"body", *body}});
}

// From ?after=ID, or from a browser that has lost its connection.
std::string_view last_seen(const Request& request) {
    static constexpr std::string_view key = "?after=";
    return request.last_event_id.empty() && request.query.starts_with(key) ? request.query.substr(key.size())
                                                                           : request.last_event_id;
}

Answer route(const Request& request, Subject& subject) {
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    RouteQuery question;
    std::string unknown;
    for_each_parameter(request.query, [&](const std::string& name, const std::string& value) {
        std::string& to = name == "url"       ? question.url
                          : name == "visitor" ? question.visitor
                          : name == "cookie"  ? question.cookie
                                              : unknown;
        to = &to == &unknown ? name : value;
    });
    if (question.url.empty() || !unknown.empty()) {
        return invalid("Expected ?url= and, if they matter, visitor and cookie, all percent-encoded.");
    }
    return subject.route(question);
}

Answer events(const Request& request, Subject& subject) {
    return request.method == "GET" ? Answer{200, json_of_events(subject.events(), last_seen(request))}
                                   : wrong_method("GET");
}

std::string requester_of(const Request& request) {
    return request.user ? text_of_user(*request.user)
                        : "a holder of the dashboard's secret at " + std::string(request.peer);
}

Answer follow_events(const Request& request, Subject& subject) {
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    EventRing::Place place = subject.events().listen();
    if (!place) {
        return refusal(503, "busy", "Too many connections follow the events (at most 8).");
    }
    Answer answer;
    answer.type = "text/event-stream";
    answer.text = "retry: 2000\n\n";
    answer.more = [stream = EventStream(subject.events(), std::move(place), last_seen(request))](auto now) mutable {
        return stream.next(now);
    };
    return answer;
}

}  // namespace

std::optional<Json> object_in(std::string_view text) {
    if (text.empty()) {
        return Json::object();
    }
    if (!is_shallow(text)) {
        return std::nullopt;
    }
    Json json = Json::parse(text, nullptr, false);
    return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
}

Answer answer_about_services(const Request& request, ServiceSubject& subject, const std::string& by) {
    if (request.path == services_path) {
        return services(request, subject);
    }
    if (request.path.starts_with(one_service) && request.path.size() > one_service.size()) {
        return one_service_of(request, subject, by);
    }
    return refusal(404, "not_found", "There is no resource " + in_quotes(request.path) + " in version 1.");
}

Answer answer_to(const Request& request, Subject& subject) {
    if (request.path == "/v1/status") {
        return read(request, subject, &Subject::status);
    }
    if (request.path == "/v1/tunnels") {
        return read(request, subject, &Subject::tunnels);
    }
    if (request.path == "/v1/tokens") {
        return read(request, subject, &Subject::tokens);
    }
    if (request.path == "/v1/route") {
        return route(request, subject);
    }
    if (request.path.starts_with(one_client)) {
        return request_client(request, subject);
    }
    if (request.path == "/v1/events") {
        return events(request, subject);
    }
    if (request.path == "/v1/events/stream") {
        return follow_events(request, subject);
    }
    if (request.path == "/v1/reload") {
        return post(request, subject, reload);
    }
    if (request.path == "/v1/config/diff") {
        return read(request, subject, &Subject::compare);
    }
    if (request.path == "/v1/config") {
        return read(request, subject, &Subject::configuration);
    }
    if (request.path == "/v1/drain") {
        return post(request, subject, drain);
    }
    if (request.path.starts_with(exchanges_path)) {
        return answer_about_exchanges(request, subject);
    }
    if (request.path == "/v1/kick") {
        return post(request, subject, kick);
    }
    return answer_about_services(request, subject, requester_of(request));
}

void for_each_parameter(std::string_view query,
                        const std::function<void(const std::string& name, const std::string& value)>& take) {
    const auto decoded = [](std::string_view text) {
        std::string plain(text);
        std::replace(plain.begin(), plain.end(), '+', ' ');
        return percent_decoded(plain);
    };
    query.remove_prefix(query.starts_with('?') ? 1 : 0);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        take(decoded(pair.substr(0, equals)), decoded(pair.substr(std::min(equals + 1, pair.size()))));
    }
}

}  // namespace ferrotunnel::admin
