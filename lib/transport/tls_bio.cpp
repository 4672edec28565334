#include "transport/tls_bio.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/socket.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

namespace {

// The size of one batch of records, including what the handshake has left in front of it.
constexpr std::size_t block_bytes = tls_send_bytes + tls_record_plain_max;

thread_local std::unique_ptr<std::uint8_t[]> spare_block;

int bio_read(BIO* bio, char* into, int size) {
    auto& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (std::exchange(socket.drained, false)) {
        socket.skipped = true;
        BIO_set_retry_read(bio);
        return -1;
    }
    ssize_t got = 0;
    do {
        ++socket.system_calls;
        got = ::recv(socket.fd, into, static_cast<std::size_t>(size), 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        socket.drained = socket.short_recv_drains && got < size;
        return static_cast<int>(got);
    }
    if (got == 0) {
        socket.saw_end = true;
        return 0;
    }
    if (errno == EAGAIN) {
        BIO_set_retry_read(bio);
    } else {
        socket.read_errno = errno;
    }
    return -1;
}

int bio_write(BIO* bio, const char* bytes, int count) {
    auto& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    bool fits = socket.out.append(reinterpret_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(count));
    return fits ? count : -1;
}

long bio_control(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_EOF:
            return static_cast<TlsSocket*>(BIO_get_data(bio))->saw_end ? 1 : 0;
        case BIO_CTRL_FLUSH:
            return 1;
        default:
            return 0;
    }
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* make_method() noexcept {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ferrotunnel socket");
    if (method != nullptr) {
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_control);
        BIO_meth_set_create(method, bio_create);
    }
    return method;
}

BIO_METHOD* method_here() {
    static BIO_METHOD* const method = make_method();  // never freed: pipes may outlive static objects
    return method;
}

}  // namespace

const TlsSocket* socket_of(BIO* bio) noexcept {
    static const BioPtr ours(BIO_new(method_here()));
    return bio != nullptr && ours && BIO_method_type(bio) == BIO_method_type(ours.get())
               ? static_cast<const TlsSocket*>(BIO_get_data(bio))
               : nullptr;
}

BIO* make_tls_bio(TlsSocket& socket) noexcept {
    BIO* bio = BIO_new(method_here());
    if (bio != nullptr) {
        BIO_set_data(bio, &socket);
    }
    return bio;
}

runtime::IoResult TlsSocket::send_out() noexcept {
    runtime::IoResult total;
    while (!out.empty() && total.status == runtime::IoStatus::ok) {
        ++system_calls;
        runtime::IoResult result = runtime::write_some(fd, out.bytes());
        out.drop_front(result.bytes);
        total = {total.bytes + result.bytes, result.status, result.error};
    }
    return total;
}

bool RecordBuffer::append(const std::uint8_t* bytes, std::size_t count) noexcept {
    if (end_ + count > capacity_ && !make_room(count)) {
        return false;
    }
    std::memcpy(block_.get() + end_, bytes, count);
    end_ += count;
    return true;
}

void RecordBuffer::drop_front(std::size_t count) noexcept {
    begin_ += count;
    if (empty()) {
        clear();
    }
}

void RecordBuffer::clear() noexcept {
    if (capacity_ == block_bytes && !spare_block) {
        spare_block = std::move(block_);
    }
    block_.reset();
    capacity_ = begin_ = end_ = 0;
}

bool RecordBuffer::make_room(std::size_t count) noexcept {
    std::size_t held = size();
    if (held + count <= capacity_) {
        std::memmove(block_.get(), block_.get() + begin_, held);
        begin_ = 0;
        end_ = held;
        return true;
    }
    std::size_t wanted = std::max(held + count, block_bytes);
    if (wanted > tls_collected_max) {
        return false;
    }
    std::unique_ptr<std::uint8_t[]> block;
    if (wanted == block_bytes && spare_block) {
        block = std::move(spare_block);
    } else {
        wanted = wanted == block_bytes ? wanted : std::min(tls_collected_max, 2 * wanted);
        block.reset(new (std::nothrow) std::uint8_t[wanted]);
    }
    if (!block) {
        return false;
    }
    if (held != 0) {
        std::memcpy(block.get(), block_.get() + begin_, held);
    }
    block_ = std::move(block);
    capacity_ = wanted;
    begin_ = 0;
    end_ = held;
    return true;
}

}  // namespace ferrotunnel::transport
