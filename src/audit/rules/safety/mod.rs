//! Keys and open doors.
