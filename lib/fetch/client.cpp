#include "fetch/client.hpp"

#include <exception>

namespace ferrotunnel::fetch {
namespace {

/// Counts a request until its last trace is gone.
class Counted {
public:
    explicit Counted(std::atomic<std::size_t>& count) noexcept : count_(&count) {}
    Counted(Counted&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (count_ != nullptr) {
            count_->fetch_sub(1, std::memory_order_relaxed);
        }
    }

private:
    std::atomic<std::size_t>* count_;
};

}  // namespace

Client::Client() : idle_(worker_) {
    worker_.start();
}

Client::~Client() {
    stop();
}

void Client::stop() noexcept {
    worker_.stop();
    worker_.join();
    running_.clear();
}

bool Client::fetch(UrlRequest wanted, Done done) {
    if (count_.fetch_add(1, std::memory_order_relaxed) >= requests_max) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    struct Asked {
        UrlRequest wanted;
        Done done;
        Counted counted;
    };
    auto asked = std::make_shared<Asked>(Asked{std::move(wanted), std::move(done), Counted(count_)});
    return worker_.post(
        [this, asked] { begin(asked->wanted, [asked](Response& response) { asked->done(response); }); });
}

void Client::begin(UrlRequest& wanted, Done done) {
    Response failed;
    const auto url = read_url(wanted.url);
    if (!url) {
        failed.error = "the URL " + std::string(url.error());
        done(failed);
        return;
    }
    try {
        Request request = std::move(wanted.request);
        request.to = {url->is_https ? context_for(url->at.host, wanted.ca_file) : nullptr, url->at, url->authority};
        request.path = url->path;
        const std::uint64_t number = ++last_;
        auto& place = running_[number];
        place = std::make_unique<Fetch>(worker_, &idle_, std::move(request), wanted.bounds,
                                        [this, number, done = std::move(done)](Response& response) {
                                            const auto ended = running_.extract(number);  // its place is free
                                            done(response);
                                        });
    } catch (const transport::TlsConfigError& problem) {
        failed.error = problem.what();
        done(failed);
    }
}

std::shared_ptr<transport::TlsContext> Client::context_for(const std::string& host, const std::string& ca_file) {
    const std::string name(net::without_zone(host));
    KeptContext& kept = contexts_[{name, ca_file}];
    if (kept.context == nullptr || kept.until <= worker_.now()) {
        if (contexts_.size() > contexts_max) {
            contexts_.clear();
            return context_for(host, ca_file);
        }
        transport::TlsBackendSettings settings;
        settings.server_name = name;
        settings.ca_file = ca_file;
        settings.protocol = "http/1.1";
        kept = {transport::TlsContext::make_for_backend(settings), worker_.now() + context_time};
    }
    return kept.context;
}

}  // namespace ferrotunnel::fetch
