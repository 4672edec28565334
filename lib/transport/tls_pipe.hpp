// The pipe of a trunk with TLS 1.3, implemented with OpenSSL over our own BIO (tls_bio.hpp).
//
// The reason is this measurement by benchmarks/micro/tls_pipe.cpp: two cores that were shared with others, loopback
// TCP, one thread at each end, medians of 7 interleaved rounds of 1 GiB. CPU seconds are those of both ends, user and
// kernel.
//
//                                            GB/s   CPU s per GB
//     plain, gathered sends                  2.76      0.334
//     asio::ssl::stream, one buffer          1.02      0.942
//     asio::ssl::stream, 4 buffers           0.98      0.957
//     memory BIOs, 1 record a send           1.08      0.915
//     memory BIOs, 4 records a send          1.16      0.850
//     own BIO, 1 record a send               1.09      0.874
//     own BIO, 2 records a send              1.14      0.814
//     own BIO, 4 records a send              1.12      0.814
//     own BIO, 8 records a send              1.14      0.815
//     own BIO, 4 records, no read-ahead      1.07      0.871
//
// Encryption and decryption alone cost 0.42, so there is little left to gain short of doing records without OpenSSL.
#pragma once

#include <cstddef>
#include <memory>

#include "transport/pipe.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

/// Settings for measurements; the default was measured to be best.
struct TlsPipeTuning {
    std::size_t records_per_send = 4;
};

/// Takes over a connected socket. The context determines the side. Throws std::bad_alloc.
std::unique_ptr<Pipe> make_tls_pipe(runtime::Fd socket, std::shared_ptr<TlsContext> context, TlsPipeTuning tuning = {});

}  // namespace ferrotunnel::transport
