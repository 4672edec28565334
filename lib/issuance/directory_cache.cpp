#include "issuance/directory_cache.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::size_t issuers_max = 16;

// `meta.caaIdentities` (RFC 8555, 9.7.6), whose values become part of a DNS record.
std::vector<std::string> issuers_in(std::string_view body) {
    using Json = nlohmann::json;
    std::vector<std::string> issuers;
    try {
        const Json identities = Json::parse(body).at("meta").at("caaIdentities");
        for (const Json& identity : identities) {
            const auto text = identity.get<std::string>();
            if (!text.empty() && is_printable(text) && text.find_first_of(" ;\"\\") == std::string::npos &&
                issuers.size() < issuers_max) {
                issuers.push_back(text);
            }
        }
    } catch (const Json::exception&) {  // it gives none
    }
    return issuers;
}

DirectoryCache::Answer read_answer_of(const std::string& url, const acme::HttpReply& reply) {
    if (reply.status != 200 || !reply.error.empty()) {
        return acme::read_problem(reply);
    }
    auto directory = acme::read_directory(url, reply.body);
    if (!directory) {
        acme::Problem problem;
        problem.text = url + " " + directory.error();
        return problem;
    }
    return KnownDirectory{std::move(directory.value()), issuers_in(reply.body)};
}

}  // namespace

void DirectoryCache::get(const std::string& url, Done done) {
    Entry& entry = entries_[url];
    if (entry.until > network_.worker.now()) {
        done(Answer(entry.known));
        return;
    }
    entry.waiting.push_back(std::move(done));
    if (entry.runner == nullptr) {
        entry.runner = std::make_unique<CallRunner>(network_);
        acme::HttpCall call;
        call.url = url;
        entry.runner->run(call, [this, url](const acme::HttpReply& reply) { received(url, reply); });
    }
}

void DirectoryCache::received(const std::string& url, const acme::HttpReply& reply) {
    Entry& entry = entries_[url];
    const auto runner = std::move(entry.runner);
    const Answer answer = read_answer_of(url, reply);
    if (answer) {
        entry.known = answer.value();
        entry.until = network_.worker.now() + limits::directory_time;
    }
    const std::vector<Done> waiting = std::move(entry.waiting);
    entry.waiting.clear();
    for (const Done& done : waiting) {
        done(answer);
    }
}

}  // namespace ferrotunnel::issuance
