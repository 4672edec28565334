#include "issuance/dns_lookup.hpp"

#include <deque>
#include <exception>
#include <thread>
#include <utility>

#include "base/mutex.hpp"
#include "buffer/mailbox.hpp"
#include "issuance/dns_query.hpp"
#include "issuance/limits.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::issuance {

// Shared with the threads, which run only while there is something to look up: several, since servers of hostile names
// may be slow on purpose.
class DnsLookup::Queue : public std::enable_shared_from_this<Queue> {
public:
    struct Query {
        std::string name;
        Kind kind;
        std::string server;
        Done done;
    };

    Queue(std::shared_ptr<buffer::Mailbox> mailbox, Duration time) : mailbox_(std::move(mailbox)), time_(time) {}

    // False: there are too many, or no thread can be started.
    bool add(Query query) {
        const MutexLock lock(mutex_);
        if (queries_.size() >= limits::lookups_max) {
            return false;
        }
        queries_.push_back(std::move(query));
        if (threads_ < limits::dns_threads_max) {
            try {
                // allowed: no owner can wait for it, and it holds only the mailbox
                std::thread([self = shared_from_this()] { self->run(); }).detach();
                ++threads_;
            } catch (const std::exception&) {
                if (threads_ == 0) {
                    queries_.pop_back();
                    return false;
                }
            }
        }
        return true;
    }

    void post(Done done, DnsAnswer answer) {
        mailbox_->post_call([self = shared_from_this(), done = std::move(done), answer = std::move(answer)] {
            if (!self->is_closed()) {
                done(answer);
            }
        });
    }

    void close() noexcept {
        const MutexLock lock(mutex_);
        queries_.clear();
        is_closed_ = true;
    }

    bool is_closed() noexcept {
        const MutexLock lock(mutex_);
        return is_closed_;
    }

private:
    void run() {
        for (;;) {
            Query next;
            {
                const MutexLock lock(mutex_);
                if (queries_.empty()) {
                    --threads_;
                    return;
                }
                next = std::move(queries_.front());
                queries_.pop_front();
            }
            look_up(std::move(next));
        }
    }

    void look_up(Query query) {
        try {
            DnsAnswer answer = answer_to(query);
            post(std::move(query.done), std::move(answer));
        } catch (const std::exception&) {  // lost: there is no memory for any answer
        }
    }

    DnsAnswer answer_to(const Query& query) const {
        DnsAnswer answer =
            query_dns(query.name, query.kind == Kind::text ? DnsType::txt : DnsType::a, query.server, time_);
        if (query.kind == Kind::address) {
            DnsAnswer more = query_dns(query.name, DnsType::aaaa, query.server, time_);
            answer.values.insert(answer.values.end(), more.values.begin(), more.values.end());
            answer.error = !answer.values.empty() ? std::string() : answer.error.empty() ? more.error : answer.error;
        }
        return answer;
    }

    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const Duration time_;
    Mutex mutex_;
    std::deque<Query> queries_ GUARDED_BY(mutex_);
    std::size_t threads_ GUARDED_BY(mutex_) = 0;
    bool is_closed_ GUARDED_BY(mutex_) = false;
};

DnsLookup::DnsLookup(std::shared_ptr<buffer::Mailbox> mailbox, Duration time)
    : queue_(std::make_shared<Queue>(std::move(mailbox), time)) {}

DnsLookup::~DnsLookup() {
    queue_->close();
}

void DnsLookup::set_server(const std::string& server) {
    server_ = server;
}

void DnsLookup::text_records(const std::string& name, Done done) {
    add(name, Kind::text, std::move(done));
}

void DnsLookup::addresses(const std::string& host, Done done) {
    add(host, Kind::address, std::move(done));
}

void DnsLookup::add(const std::string& name, Kind kind, Done done) {
    const auto answer_now = [this, &done](DnsAnswer answer) { queue_->post(done, std::move(answer)); };
    if (kind == Kind::address && (net::parse_ipv4(name) || net::parse_ipv6(name))) {
        answer_now({{name}, {}});
    } else if (!queue_->add({name, kind, server_, done})) {
        answer_now({{}, "there are too many DNS lookups"});
    }
}

}  // namespace ferrotunnel::issuance
