#include "admin/scrape.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "admin/web.hpp"
#include "base/text.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

Answer say(std::uint16_t status, std::string text) {
    return {status, {}, std::move(text) + '\n', plain_text};
}

}  // namespace

Answer answer_to_scraper(const Request& request, Subject& subject, bool is_local) {
    if (request.method != "GET" && request.method != "HEAD") {
        return wrong_method("GET");
    }
    if (is_local && !is_address_or_localhost(request.host)) {
        return refusal(403, "forbidden",
                       "In the URL, use an IP address or localhost as the host, not " + in_quotes(request.host) + '.');
    }
    if (request.path == "/metrics") {
        const metrics::Format format = metrics::format_for(request.accept);
        metrics::Exposition text(format);
        subject.metrics(text);
        return {200, {}, std::move(text).finish(), metrics::media_type(format)};
    }
    if (request.path == "/healthz") {
        return say(200, "alive");
    }
    if (request.path == "/readyz") {
        std::string why_not = subject.why_not_ready();
        return why_not.empty() ? say(200, "ready") : say(503, std::move(why_not));
    }
    return refusal(404, "not_found", "Only /metrics, /healthz and /readyz exist here.");
}

}  // namespace ferrotunnel::admin
