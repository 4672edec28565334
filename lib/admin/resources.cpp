#include "admin/resources.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "admin/inspect_resources.hpp"
#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "admin/requests.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::string_view services_path = "/v1/services";
constexpr std::string_view one_service = "/v1/services/";
constexpr std::string_view one_client = "/v1/clients/";
constexpr std::string_view one_member = "/v1/cluster/members/";
constexpr std::string_view version_1 = "/v1";

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
        Json{{"method", request.method}, {"path", "/v1" + std::string(path)}, {"body", *body}},
        !request.member.empty());
}

// From ?after=ID, or from a browser that has lost its connection.
std::string_view last_seen(const Request& request) {
    static constexpr std::string_view key = "?after=";
    return request.last_event_id.empty() && request.query.starts_with(key) ? request.query.substr(key.size())
                                                                           : request.last_event_id;
}

Answer events(const Request& request, Subject& subject) {
    return request.method == "GET" ? Answer{200, json_of_events(subject.events(), last_seen(request))}
                                   : wrong_method("GET");
}

// "/v1/cluster/members/NAME/REST": forwarded to the member as "/v1/REST", which answers it itself.
Answer request_member(const Request& request, Subject& subject) {
    const std::string_view rest = request.path.substr(one_member.size());
    const std::size_t end = rest.find('/');
    const std::string_view below = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    if (end == 0 || below.size() < 2) {
        return refusal(404, "not_found", "Only paths below /v1/cluster/members/NAME/ exist.");
    }
    if (!request.member.empty()) {
        return refusal(409, "not_here", "A request is forwarded to one other member, and not further.");
    }
    if (below == "/events/stream") {
        return refusal(404, "not_here", "Other members' events are not followed here: read /events repeatedly.");
    }
    Request forwarded = request;
    const std::string path = std::string(version_1) + std::string(below);
    forwarded.path = path;
    return subject.request_member(percent_decoded(rest.substr(0, end)), forwarded);
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

// --- requests that are declared in admin/requests.hpp ---

template <typename Declared>
Answer answer_if_read(const Result<Declared, std::string>& read, Subject& subject) {
    return read ? subject.answer(*read) : invalid(read.error());
}

// Empty if the request is another one.
template <typename Declared>
std::optional<Answer> answer_as(const Request& request, Subject& subject) {
    if (request.path != Declared::path) {
        return std::nullopt;
    }
    if (request.method != Declared::method) {
        return wrong_method(Declared::method);
    }
    if constexpr (requires(Json body) { Declared::from_json(body); }) {
        const std::optional<Json> body = object_in(request.body);
        return body ? answer_if_read(Declared::from_json(*body), subject) : no_object();
    } else if constexpr (requires { Declared::from_query(request.query); }) {
        return answer_if_read(Declared::from_query(request.query), subject);
    } else {
        return subject.answer(Declared{});
    }
}

template <typename... Declared>
std::optional<Answer> answer_to_one_of(RequestList<Declared...> /*all*/, const Request& request, Subject& subject) {
    std::optional<Answer> answer;
    (void)((answer = answer_as<Declared>(request, subject)).has_value() || ...);
    return answer;
}

template <typename... Declared>
constexpr bool have_own_paths(RequestList<Declared...> /*all*/) {
    const std::string_view paths[] = {Declared::path...};
    for (const std::string_view& path : paths) {
        if (std::count(std::begin(paths), std::end(paths), path) != 1) {
            return false;
        }
    }
    return true;
}
static_assert(have_own_paths(Requests{}), "two requests have the same path: the second one would never be answered");

}  // namespace

std::string requester_of(const Request& request) {
    if (!request.member.empty()) {
        return text_of_member(request.member);
    }
    return request.user ? text_of_user(*request.user)
                        : "a holder of the dashboard's secret at " + std::string(request.peer);
}

std::string text_of_member(std::string_view name) {
    return "the member " + std::string(name) + " of the cluster";
}

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
    if (std::optional<Answer> answer = answer_to_one_of(Requests{}, request, subject)) {
        return std::move(*answer);
    }
    if (request.path.starts_with(one_client)) {
        return request_client(request, subject);
    }
    if (request.path.starts_with(one_member)) {
        return request_member(request, subject);
    }
    if (request.path == "/v1/events") {
        return events(request, subject);
    }
    if (request.path == "/v1/events/stream") {
        return follow_events(request, subject);
    }
    if (request.path.starts_with(exchanges_path)) {
        return answer_about_exchanges(request, subject);
    }
    return answer_about_services(request, subject, requester_of(request));
}

Answer answer_to_member(const Request& request, Subject& subject) {
    Request forwarded = request;
    forwarded.member = request.peer;
    return answer_to(forwarded, subject);
}

}  // namespace ferrotunnel::admin
