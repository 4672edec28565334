#include "issuance/directory_cache.hpp"

#include <utility>

namespace ferrotunnel::issuance {
namespace {

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
    return std::move(directory.value());
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
        entry.until = network_.worker.now() + time_;
    }
    const std::vector<Done> waiting = std::move(entry.waiting);
    entry.waiting.clear();
    for (const Done& done : waiting) {
        done(answer);
    }
}

}  // namespace ferrotunnel::issuance
