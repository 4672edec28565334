// Which mutex guards what, for clang's thread-safety analysis (`-Wthread-safety`); other compilers see nothing. The
// only macros of lib/, since an attribute that names a member declared later has no other spelling.
#pragma once

#if defined(__clang__)
#define FERROTUNNEL_ANALYSED(attribute) __attribute__((attribute))
#else
#define FERROTUNNEL_ANALYSED(attribute)
#endif

// Of a data member: it is read and written only with the mutex locked.
#define GUARDED_BY(mutex) FERROTUNNEL_ANALYSED(guarded_by(mutex))

// Of a function or lambda: its caller has locked the mutex.
#define REQUIRES(...) FERROTUNNEL_ANALYSED(requires_capability(__VA_ARGS__))

// Of a mutex, and of what locks one: only base/mutex.hpp needs them.
#define CAPABILITY(name) FERROTUNNEL_ANALYSED(capability(name))
#define SCOPED_CAPABILITY FERROTUNNEL_ANALYSED(scoped_lockable)
#define ACQUIRE(...) FERROTUNNEL_ANALYSED(acquire_capability(__VA_ARGS__))
#define RELEASE(...) FERROTUNNEL_ANALYSED(release_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(mutex) FERROTUNNEL_ANALYSED(assert_capability(mutex))

// Of a function whose locks the analysis cannot follow; the line says why.
#define NO_THREAD_SAFETY_ANALYSIS FERROTUNNEL_ANALYSED(no_thread_safety_analysis)
