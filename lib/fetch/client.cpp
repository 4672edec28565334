#include "fetch/client.hpp"

#include <new>

#include "fetch/configured_url.hpp"
#include "fetch/limits.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::fetch {

transport::TlsPeerWords TlsContexts::usual_words() {
    return {"server", "specify the CA that signed it", "use a URL with one of its names",
            "give the server one that has it (`subjectAltName=DNS:NAME`)"};
}

std::shared_ptr<transport::TlsContext> TlsContexts::get(const std::string& host, const std::string& ca_file,
                                                        TimePoint now) {
    const std::pair<std::string, std::string> key(net::without_zone(host), ca_file);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.until > now) {
        return found->second.context;
    }
    transport::TlsBackendSettings settings;
    settings.server_name = key.first;
    settings.ca_file = ca_file;
    settings.protocol = "http/1.1";
    settings.words = words_;
    const Entry made{transport::TlsContext::make_for_backend(settings), now + context_time};
    if (found == entries_.end() && entries_.size() == contexts_max) {
        entries_.clear();  // connections keep theirs
    }
    entries_.insert_or_assign(key, made);
    return made.context;
}

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
    timers_.clear();
}

bool Client::fetch(UrlRequest wanted, Done done) {
    PermitPtr permit = permits_.acquire();
    if (!permit) {
        return false;
    }
    struct PendingFetch {
        UrlRequest wanted;
        Done done;
        PermitPtr permit;
    };
    auto asked = std::make_shared<PendingFetch>(PendingFetch{std::move(wanted), std::move(done), std::move(permit)});
    return worker_.post(
        [this, asked] { begin(asked->wanted, [asked](Response& response) { asked->done(response); }); });
}

void Client::begin(UrlRequest& wanted, Done done) {
    Response failed;
    const auto url = read_configured_url(wanted.url);
    if (!url) {
        failed.error = "the URL " + std::string(url.error());
        done(failed);
        return;
    }
    const std::uint64_t number = ++last_;
    try {
        Request request = std::move(wanted.request);
        request.to = {url->is_https ? contexts_.get(url->at.host, wanted.ca_file, worker_.now()) : nullptr, url->at,
                      url->authority, url->socket};
        request.path = url->path;
        running_.emplace(number, std::make_unique<Fetch>(worker_, &idle_, std::move(request), wanted.bounds,
                                                         [this, number, done](Response& response) {
                                                             const auto ended = running_.extract(number);
                                                             done(response);
                                                         }));
    } catch (const transport::TlsConfigError& problem) {
        failed.error = problem.what();
        done(failed);
    } catch (const std::bad_alloc&) {
        failed.error = "no memory";
        done(failed);
    }
}

bool Client::call_after(Duration time, std::function<void()> call) {
    PermitPtr permit = permits_.acquire();
    if (!permit) {
        return false;
    }
    struct Waiting {
        std::function<void()> call;
        PermitPtr permit;
    };
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(call), std::move(permit)});
    return worker_.post([this, time, waiting] {
        const std::uint64_t number = ++last_;
        const auto place = timers_.emplace(number, std::make_unique<runtime::Timer>(worker_, [this, number, waiting] {
                                               const auto ended = timers_.extract(number);
                                               waiting->call();
                                           }));
        place.first->second->set_after(time);
    });
}

}  // namespace ferrotunnel::fetch
