//! Errors as JavaScript gets them: an `Error` with a stable `code`.

use graftwork::{DeviceError, Error, GpuError, ModelError, TrainError};
use js_sys::{JsString, Reflect};
use wasm_bindgen::JsValue;

/// What went wrong. Codes are part of the package's interface; messages may change.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
}

/// `Result` with [`Failure`].
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// With a code of the package's list.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// An error while something was read from outside: `code`, unless the device is to blame.
    pub fn reading(code: &'static str) -> impl Fn(Error) -> Self {
        move |error| match device_code(&error) {
            Some(device) => Self::new(device, error.to_string()),
            None => Self::new(code, error.to_string()),
        }
    }
}

/// An error while something computed.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = device_code(&error).unwrap_or(match &error {
            Error::Setting { .. } | Error::Text(_) | Error::Unmasked { .. } => "bad-option",
            Error::Train(
                TrainError::NoExamples { .. }
                | TrainError::NoLabel { .. }
                | TrainError::OtherLabels { .. }
                | TrainError::Example { .. }
                | TrainError::NotOneLabel { .. },
            ) => "bad-examples",
            Error::Train(TrainError::OtherTask { .. }) => "wrong-task",
            Error::Train(TrainError::NoHead) => "no-head",
            Error::Train(TrainError::NoMask) => "bad-backbone",
            Error::Train(TrainError::Diverged { .. }) => "diverged",
            Error::Model(_) | Error::File(_) => "bad-adapter",
            _ => "internal",
        });
        Self::new(code, error.to_string())
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Error::from(error).into()
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let error = js_sys::Error::new(&failure.message);
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&error, &JsString::from("code"), &JsString::from(failure.code));
        error.into()
    }
}

/// The device's part in an error, if it has one.
fn device_code(error: &Error) -> Option<&'static str> {
    let device = match error {
        Error::Model(ModelError::BatchTooLarge { .. }) => return Some("out-of-memory"),
        Error::Device(device) => device,
        _ => return None,
    };
    let DeviceError::Gpu(gpu) = device;
    Some(match gpu {
        GpuError::NoAdapter { .. } | GpuError::NoDevice { .. } => "no-gpu",
        // A device whose results cannot be read is as good as lost; the notice of a loss may also come after this.
        GpuError::Lost { .. } | GpuError::Readback(_) => "device-lost",
        GpuError::TooLarge { .. } | GpuError::OutOfMemory(_) => "out-of-memory",
        GpuError::Validation(_) | GpuError::NoTimestamps { .. } => "gpu",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_blamed_before_the_file() {
        let lost = || DeviceError::Gpu(GpuError::Lost { reason: "x".to_owned() });
        let read = Failure::reading("bad-backbone");
        assert_eq!(read(ModelError::Device(lost()).into()).code, "device-lost");
        assert_eq!(read(Error::NoCache).code, "bad-backbone");
        assert_eq!(Failure::from(TrainError::Model(ModelError::Device(lost()))).code, "device-lost");
        assert_eq!(Failure::from(TrainError::NoHead).code, "no-head");
    }
}
